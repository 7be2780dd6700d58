CREATE SEQUENCE parked_places;

CREATE TABLE parking_blocks (
    block_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    side TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    dependents BOOLEAN NOT NULL,
    source_topic TEXT NOT NULL,
    source_partition INTEGER NOT NULL,
    source_offset BIGINT NOT NULL,
    state TEXT NOT NULL,
    ended_why TEXT,
    ended_by TEXT,
    blocked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (block_id)
);

CREATE INDEX parking_blocks_by_key ON parking_blocks (key, state);

CREATE INDEX parking_blocks_by_state ON parking_blocks (state, blocked_at);

CREATE TABLE parked_events (
    event_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    side TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    parent TEXT,
    version BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    operation TEXT NOT NULL,
    source TEXT NOT NULL,
    block_id TEXT NOT NULL,
    collapse BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    instead TEXT,
    instead_of TEXT,
    origin TEXT NOT NULL,
    source_topic TEXT NOT NULL,
    source_partition INTEGER NOT NULL,
    source_offset BIGINT NOT NULL,
    source_timestamp BIGINT NOT NULL,
    message_key BYTEA,
    message_value BYTEA,
    message_headers JSONB NOT NULL,
    done_topic TEXT,
    done_partition INTEGER,
    done_offset BIGINT,
    parked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    ended_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (event_id)
);

CREATE INDEX parked_events_by_account ON parked_events (account_id, state);

CREATE INDEX parked_events_by_block ON parked_events (block_id);

CREATE INDEX parked_events_by_key ON parked_events (key, state);

CREATE INDEX parked_events_by_state ON parked_events (state, place);
