CREATE TABLE billing_stops (
    hold_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    whole_line BOOLEAN NOT NULL,
    account_id TEXT NOT NULL,
    entity TEXT NOT NULL,
    key TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    raised_at TIMESTAMP WITH TIME ZONE NOT NULL,
    released_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (hold_id)
);

CREATE INDEX billing_stops_by_account ON billing_stops (state, account_id);
