ALTER TABLE replay_jobs ADD COLUMN created_role TEXT NOT NULL DEFAULT 'on-call';
ALTER TABLE replay_jobs ADD COLUMN runner TEXT NOT NULL DEFAULT 'here';
ALTER TABLE replay_jobs ADD COLUMN redirect TEXT NOT NULL DEFAULT '';
ALTER TABLE replay_jobs ADD COLUMN patch TEXT NOT NULL DEFAULT '';
ALTER TABLE replay_jobs ADD COLUMN needs TEXT NOT NULL DEFAULT '';
ALTER TABLE replay_jobs ADD COLUMN approval TEXT NOT NULL DEFAULT '';
ALTER TABLE replay_jobs ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
ALTER TABLE replay_jobs ALTER COLUMN created_role DROP DEFAULT;
ALTER TABLE replay_jobs ALTER COLUMN runner DROP DEFAULT;
ALTER TABLE replay_jobs ALTER COLUMN redirect DROP DEFAULT;
ALTER TABLE replay_jobs ALTER COLUMN patch DROP DEFAULT;
ALTER TABLE replay_jobs ALTER COLUMN needs DROP DEFAULT;
ALTER TABLE replay_jobs ALTER COLUMN approval DROP DEFAULT;
ALTER TABLE replay_jobs ALTER COLUMN approved_by DROP DEFAULT;

CREATE INDEX replay_jobs_by_state ON replay_jobs (state);

ALTER TABLE replay_items ADD COLUMN edit_id TEXT NOT NULL DEFAULT '';
ALTER TABLE replay_items ALTER COLUMN edit_id DROP DEFAULT;

CREATE TABLE letter_edits (
    edit_id TEXT NOT NULL,
    letter_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    job_id TEXT NOT NULL,
    original_value BYTEA NOT NULL,
    value BYTEA NOT NULL,
    account_id TEXT NOT NULL,
    changes JSONB NOT NULL,
    level TEXT NOT NULL,
    why TEXT NOT NULL,
    edited_by TEXT NOT NULL,
    edited_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (edit_id)
);

CREATE UNIQUE INDEX letter_edits_by_letter ON letter_edits (letter_id, number);

CREATE TABLE effect_images (
    target TEXT NOT NULL,
    command_id TEXT NOT NULL,
    held JSONB NOT NULL,
    seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (target, command_id)
);
