"""What happens to an event: pure decisions, one module per flow. No Kafka, no database, no clock, no logger."""

from streams.decide.decide import decide, decide_effect, decide_patch
from streams.decide.facts import Facts, Known
from streams.decide.policy import Policy
from streams.decide.project import complete, is_stale, state_records
from streams.decide.write_back import record_of

__all__ = [
    "Facts",
    "Known",
    "Policy",
    "complete",
    "decide",
    "decide_effect",
    "decide_patch",
    "is_stale",
    "record_of",
    "state_records",
]
