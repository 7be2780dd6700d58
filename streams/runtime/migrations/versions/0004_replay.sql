CREATE TABLE replay_jobs (
    job_id TEXT NOT NULL,
    state TEXT NOT NULL,
    selection JSONB NOT NULL,
    why TEXT NOT NULL,
    created_by TEXT NOT NULL,
    canary INTEGER NOT NULL,
    rate FLOAT NOT NULL,
    epoch BIGINT NOT NULL,
    overlook INTEGER NOT NULL,
    positions JSONB NOT NULL,
    note TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (job_id)
);

CREATE INDEX replay_jobs_by_time ON replay_jobs (created_at);

CREATE TABLE replay_items (
    job_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    letter_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    lane TEXT NOT NULL,
    record TEXT NOT NULL,
    effect_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    note TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (job_id, place)
);

CREATE INDEX replay_items_by_letter ON replay_items (letter_id);

CREATE INDEX replay_items_by_state ON replay_items (job_id, state);

CREATE UNIQUE INDEX replay_items_claim ON replay_items (letter_id) WHERE state = 'waiting' or state = 'sent';
