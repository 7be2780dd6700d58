CREATE TABLE audit_entries (
    seq BIGINT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    who TEXT NOT NULL,
    role TEXT NOT NULL,
    door TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL,
    allowed BOOLEAN NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    selection TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (seq)
);

CREATE INDEX audit_by_subject ON audit_entries (subject);

CREATE TABLE audit_head (
    chain INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    signature TEXT NOT NULL,
    told BIGINT NOT NULL,
    PRIMARY KEY (chain)
);

CREATE TABLE grants (
    token_id TEXT NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    salt BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (token_id)
);

CREATE INDEX grants_by_person ON grants (person);

CREATE TABLE letters (
    letter_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    family TEXT NOT NULL,
    reason TEXT NOT NULL,
    stage TEXT NOT NULL,
    sink TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    suggestion TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    version BIGINT,
    money NUMERIC(18, 4),
    currency TEXT,
    fingerprint TEXT NOT NULL,
    first_failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    failed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    origin TEXT NOT NULL,
    topic TEXT NOT NULL,
    partition INTEGER NOT NULL,
    "offset" BIGINT NOT NULL,
    message_key BYTEA,
    message_value BYTEA,
    message_headers JSONB NOT NULL,
    PRIMARY KEY (letter_id)
);

CREATE INDEX letters_by_event ON letters (event_id);

CREATE INDEX letters_by_fingerprint ON letters (fingerprint);

CREATE INDEX letters_by_reason ON letters (reason, failed_at);

CREATE INDEX letters_by_record ON letters (entity, key);

CREATE INDEX letters_by_time ON letters (failed_at);

CREATE TABLE cases (
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    group_id TEXT,
    reason TEXT NOT NULL,
    stage TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    assignee TEXT NOT NULL,
    money NUMERIC(18, 4),
    currency TEXT,
    tags TEXT[] NOT NULL,
    suggestions JSONB NOT NULL,
    decision JSONB,
    version INTEGER NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    escalated_at TIMESTAMP WITH TIME ZONE,
    closed_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (case_id)
);

CREATE INDEX cases_by_account ON cases (account_id);

CREATE INDEX cases_by_due ON cases (state, due_at);

CREATE INDEX cases_by_group ON cases (group_id);

CREATE INDEX cases_by_reason ON cases (kind, reason, opened_at);

CREATE INDEX cases_by_record ON cases (entity, key);

CREATE INDEX cases_by_state ON cases (kind, state, opened_at);

CREATE INDEX cases_by_time ON cases (kind, opened_at);

CREATE TABLE case_comments (
    comment_id BIGSERIAL NOT NULL,
    case_id TEXT NOT NULL,
    who TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (comment_id)
);

CREATE INDEX case_comments_by_case ON case_comments (case_id);

CREATE TABLE billing_holds (
    hold_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    state TEXT NOT NULL,
    told TEXT NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (hold_id)
);

CREATE INDEX billing_holds_by_case ON billing_holds (case_id);
