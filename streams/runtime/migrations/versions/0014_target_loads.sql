CREATE TABLE target_loads (
    target TEXT NOT NULL,
    overloaded BOOLEAN NOT NULL,
    since TIMESTAMP WITH TIME ZONE,
    turning_since TIMESTAMP WITH TIME ZONE,
    waiting BIGINT NOT NULL,
    looked_at TIMESTAMP WITH TIME ZONE,
    PRIMARY KEY (target)
);
