"""Deterministic ids: the same input always gets the same one, so a repeat is recognised."""

from __future__ import annotations

from hashlib import sha256


def _digest(*parts: str) -> str:
    return sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def origin_of(topic: str, partition: int, offset: int) -> str:
    """A record's coordinates as one text: topic/partition/offset."""
    return f"{topic}/{partition}/{offset}"


def event_id_for(origin: str, index: int = 0) -> str:
    """The id of the nth event in a raw record."""
    return _digest("event", origin, str(index))


def letter_id_for(origin: str, stage: str) -> str:
    """The id of the letter of one record at one stage, however often it fails there."""
    return _digest("letter", origin, stage)


def command_id_for(event_id: str, kind: str, key: str) -> str:
    """The id of the command that one event gives for one record: the idempotency key of its effect."""
    return _digest("command", event_id, kind, key)


def drift_id_for(entity: str, key: str, kind: str) -> str:
    """The id of a drift: one per record and kind, as long as it is open."""
    return _digest("drift", entity, key, kind)


def trace_for(origin: str) -> str:
    """A W3C traceparent for a record that came without one, the same each time it is read."""
    return f"00-{_digest('trace', origin)}-{_digest('span', origin)[:16]}-01"
