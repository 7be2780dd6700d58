"""Every metric, by name, in one place. Labels are bounded: topics, reasons, flows, targets - never ids."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_LATENCY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)

# The door.
WEBHOOKS = Counter("mesh_webhooks_total", "Deliveries by answer given", ["source", "status"])

# The line: what came of each event. The four outcomes of `schemas.outcome`.
EVENTS_READ = Counter("mesh_events_read_total", "Records read from a topic by an agent", ["agent", "topic"])
FORWARDED = Counter("mesh_forwarded_total", "Records sent on", ["agent", "topic"])
DEAD_LETTERED = Counter("mesh_dead_lettered_total", "Dead letters written", ["stage", "reason"])
LETTER_RATIO = Gauge("mesh_letter_ratio", "Letters that the flood fuse counts, per event of its window", ["stage"])
HELD = Counter("mesh_held_total", "Events put on hold", ["wait"])
HOLDS_OPEN = Gauge("mesh_holds_open", "Holds that wait now")
PARKED = Counter("mesh_parked_total", "Events parked behind a letter of their record", ["entity"])
PARKED_EVENTS = Gauge("mesh_parked_events", "Parked events that wait now")
PARKED_KEYS = Gauge("mesh_parked_keys", "Records that have parked events")
PARKED_OLDEST = Gauge("mesh_parked_oldest_timestamp_seconds", "Since when the oldest parked event waits; 0: none")
PARKING_FULL = Gauge("mesh_parking_full_ratio", "How near parking is to the nearest of its caps; from 1 on it pauses")
PARKING_PAUSED = Counter(
    "mesh_parking_paused_total", "Times that a partition rested because parking was full", ["topic", "partition"]
)
BLOCKING = Gauge("mesh_blocking_letters", "Open letters that block their record", ["reason", "owner"])
SKIPPED = Counter("mesh_skipped_total", "Events that needed no effect", ["why"])

# Cases.
CASES_OPEN = Gauge("mesh_cases_open", "Cases of letters that are not closed", ["reason"])
CASE_OLDEST = Gauge("mesh_case_oldest_opened_timestamp_seconds", "When the oldest open case began; 0: none", ["reason"])
LETTERS_RETRIED = Counter("mesh_letters_retried_total", "Letters that were sent again by themselves", ["reason"])
CASES_ESCALATED = Counter("mesh_cases_escalated_total", "Cases that were not resolved in time", ["reason"])

# Sinks.
EFFECTS = Counter("mesh_effects_total", "Commands settled, by outcome", ["target", "kind", "outcome"])
CALLS = Counter("mesh_target_calls_total", "Calls to a target, by result", ["target", "result"])
CALL_SECONDS = Histogram("mesh_target_call_seconds", "Duration of one call", ["target"], buckets=_LATENCY_BUCKETS)
BREAKER_OPEN = Gauge("mesh_breaker_open", "1 while writes to a target are paused", ["target"])
END_TO_END_SECONDS = Histogram(
    "mesh_end_to_end_seconds",
    "From the change in the source to the verified effect",
    ["kind"],
    buckets=_LATENCY_BUCKETS,
)

# Event or batch mode.
COMMANDS_WAITING = Gauge("mesh_commands_waiting", "Commands that wait for a target", ["target"])
OVERLOADED = Gauge("mesh_overloaded", "1 while more waits for a target than it takes: flows gather by rule", ["target"])
MODE_SWITCHES = Counter(
    "mesh_mode_switches_total", "Switches because of what waits, by the new mode", ["target", "mode"]
)

# Delivery.
LAG = Gauge("mesh_lag_records", "Records behind the end of a partition", ["group", "topic", "partition"])
WAITING = Gauge(
    "mesh_waiting_seconds",
    "Since when a partition waits at a postponed record, as while the registry is away; 0: it does not",
    ["group", "topic", "partition"],
)
STALLS = Counter("mesh_stalls_total", "Stalls that stopped the worker", ["group", "topic", "reader"])

# The reconciler.
DRIFTS_OPEN = Gauge("mesh_drifts_open", "Drifts that are open now", ["entity", "kind"])
COMPARED = Counter("mesh_compared_total", "Comparisons by result", ["entity", "result"])
WATERMARK_LAG_SECONDS = Gauge("mesh_reconciler_watermark_lag_seconds", "How far event time is behind the clock")
DRIFT_RATIO = Gauge(
    "mesh_drift_ratio",
    "Records with an open drift that nothing explains, of all that are known",
    ["entity", "severity"],
)
DRIFTS_EXPLAINED = Gauge("mesh_drifts_explained", "Open drifts that an open letter, hold or write accounts for")
DRIFT_AT_STAKE = Gauge("mesh_drift_at_stake", "Money that open drifts put in doubt, in the currency", ["currency"])
DRIFT_OLDEST_SECONDS = Gauge("mesh_drift_oldest_seconds", "Age of the oldest open drift that nothing explains")
IN_FLIGHT_SECONDS = Gauge(
    "mesh_reconciler_in_flight_seconds", "How long the line was measured to take, 99.9 %, before the floor", ["entity"]
)

# The books: recounted from the topics and the holds by `worker books`. `flow` is the raw topic of the events.
BOOKS_ACCEPTED = Gauge("mesh_books_accepted", "Events of the window: the sum of all that follow", ["flow"])
BOOKS_APPLIED = Gauge("mesh_books_applied", "Events of the window whose every effect is verified", ["flow"])
BOOKS_DEAD_LETTERED = Gauge("mesh_books_dead_lettered", "Events of the window that are dead letters", ["flow"])
BOOKS_HELD = Gauge("mesh_books_held", "Events of the window that are on hold", ["flow"])
BOOKS_SKIPPED = Gauge("mesh_books_skipped", "Events of the window that needed no effect", ["flow"])
BOOKS_IN_FLIGHT = Gauge("mesh_books_in_flight", "Events of the window that are on their way", ["flow"])
BOOKS_LOST = Gauge("mesh_books_lost", "Events of the window that were acknowledged and left no trace", ["flow"])
BOOKS_BALANCED = Gauge("mesh_books_balanced", "1 where nothing of the window is lost", ["flow"])
BOOKS_CONTRADICTIONS = Gauge("mesh_books_contradictions", "Facts of the window that do not fit each other")
BOOKS_COUNTED_AT = Gauge("mesh_books_counted_at_seconds", "When the books were counted last; older is stale")
BOOKS_COUNT_SECONDS = Gauge("mesh_books_count_seconds", "How long the last count took")
