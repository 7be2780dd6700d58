"""The names of the headers that MeshLine sets on records. Set, never appended: one of each at most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Headers = Sequence[tuple[str, bytes | None]]

EVENT_ID = "mesh-event-id"
TRACEPARENT = "traceparent"
RULES = "mesh-rules"  #: which rules of which set decided, and by which facts (`streams.rules.told`)

# A dead letter's, and a held event's when it is released.
LETTER_ID = "mesh-letter-id"
REASON = "mesh-reason"
STAGE = "mesh-stage"
SINK = "mesh-sink"
DETAIL = "mesh-detail"
SUGGESTION = "mesh-suggestion"
ERROR_CLASS = "mesh-error-class"
STACK = "mesh-stack"  #: where it was raised, innermost last; modules and lines, at most 2,000 bytes
ATTEMPTS = "mesh-attempts"
HTTP_STATUS = "mesh-http-status"
SCHEMA_ID = "mesh-schema-id"
SOURCE_TOPIC = "mesh-source-topic"
SOURCE_PARTITION = "mesh-source-partition"
SOURCE_OFFSET = "mesh-source-offset"
SOURCE_TIMESTAMP = "mesh-source-timestamp"
FIRST_FAILED_AT = "mesh-first-failed-at"
FAILED_AT = "mesh-failed-at"
ENTITY = "mesh-entity"
ENTITY_KEY = "mesh-entity-key"
ACCOUNT_ID = "mesh-account-id"
REPLAYS = "mesh-replays"
EDIT = "mesh-edit"  # the version of a letter that was sent, where people changed it
HELD_SINCE = "mesh-held-since"
PARKED = "mesh-parked"  #: an event that was parked is on its way back; its next reader takes it off
FAMILY = "mesh-family"  # whose format a letter was first written in

PREFIX = "mesh-"


def set_headers(headers: Headers | None, values: Iterable[tuple[str, str]]) -> list[tuple[str, bytes | None]]:
    """A copy in which each name has exactly the given value; everything else stays bit for bit, in order."""
    fresh = {name: value.encode() for name, value in values}
    kept = [(name, value) for name, value in headers or () if name not in fresh]
    return kept + list(fresh.items())


def foreign_headers(headers: Headers | None) -> list[tuple[str, bytes | None]]:
    """The headers that are not ours: what the original record carried."""
    return [(name, value) for name, value in headers or () if not name.startswith(PREFIX)]


def header_text(headers: Headers | None, name: str) -> str:
    """The last value of a header as text, "" where it is absent; bytes that are not UTF-8 are shown escaped."""
    found = ""
    for key, value in headers or ():
        if key == name and value is not None:
            found = value.decode("utf-8", "backslashreplace")
    return found
