create table rule_sets (
    version text primary key,
    texts jsonb not null,
    added_at timestamptz not null
);

create table rule_activations (
    seq bigint primary key,
    version text not null,
    beneath bigint not null,
    first jsonb not null,
    kind text not null,
    by_whom text not null,
    second text,
    why text not null,
    forecast jsonb,
    at timestamptz not null
);

create table rule_proposals (
    version text primary key,
    live text not null,
    by_whom text not null,
    why text not null,
    forecast jsonb,
    at timestamptz not null
);

create table rule_marks (
    topic text not null,
    partition integer not null,
    next_offset bigint not null,
    primary key (topic, partition)
);
