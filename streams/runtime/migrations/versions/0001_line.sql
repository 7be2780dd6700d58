CREATE SEQUENCE customer_codes START WITH 1000;

CREATE TABLE records (
    side TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    parent TEXT,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    deleted BOOLEAN NOT NULL,
    in_crm BOOLEAN NOT NULL,
    body JSONB NOT NULL,
    fingerprint TEXT,
    fingerprint_event TEXT,
    seen_topic TEXT NOT NULL,
    seen_partition INTEGER NOT NULL,
    seen_offset BIGINT NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (side, entity, key)
);

CREATE INDEX records_by_account ON records (account_id, side, entity);

CREATE INDEX records_by_parent ON records (parent);

CREATE TABLE mappings (
    target TEXT NOT NULL,
    entity TEXT NOT NULL,
    crm_id TEXT NOT NULL,
    code TEXT NOT NULL,
    external_id TEXT,
    state TEXT NOT NULL,
    reserved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    applied_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (target, entity, crm_id),
    UNIQUE (code)
);

CREATE TABLE holds (
    hold_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    side TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    wait_kind TEXT NOT NULL,
    wait_key TEXT NOT NULL,
    wait_count INTEGER NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    state TEXT NOT NULL,
    ended_by TEXT,
    origin TEXT NOT NULL,
    source_topic TEXT NOT NULL,
    source_partition INTEGER NOT NULL,
    source_offset BIGINT NOT NULL,
    source_timestamp BIGINT NOT NULL,
    message_key BYTEA,
    message_value BYTEA,
    message_headers JSONB NOT NULL,
    held_since TIMESTAMP WITH TIME ZONE NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (hold_id)
);

CREATE INDEX holds_by_record ON holds (side, entity, key);

CREATE INDEX holds_open ON holds (state, expires_at);

CREATE TABLE effects (
    target TEXT NOT NULL,
    command_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    external_id TEXT,
    external_number TEXT,
    attempts INTEGER NOT NULL,
    epoch BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (target, command_id)
);

CREATE INDEX effects_by_record ON effects (target, kind, key);

CREATE TABLE deliveries (
    source TEXT NOT NULL,
    delivery_id TEXT NOT NULL,
    accepted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (source, delivery_id)
);

CREATE INDEX deliveries_by_age ON deliveries (accepted_at);

CREATE TABLE cursors (
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    moved_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE epochs (
    slot TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (slot)
);

CREATE TABLE replays (
    replay_id BIGSERIAL NOT NULL,
    letter_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    replayed_by TEXT NOT NULL,
    why TEXT NOT NULL,
    replayed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (replay_id)
);

CREATE INDEX replays_by_letter ON replays (letter_id);
