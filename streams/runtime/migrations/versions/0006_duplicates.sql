CREATE TABLE account_keys (
    key TEXT NOT NULL,
    account_id TEXT NOT NULL,
    PRIMARY KEY (key, account_id)
);

CREATE INDEX account_keys_by_account ON account_keys (account_id);

CREATE TABLE duplicate_decisions (
    decision_id BIGSERIAL NOT NULL,
    account_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    by_whom TEXT NOT NULL,
    why TEXT NOT NULL,
    at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (decision_id)
);

CREATE INDEX duplicate_decisions_by_account ON duplicate_decisions (account_id);
