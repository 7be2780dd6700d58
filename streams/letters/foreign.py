"""Letters that others wrote, read into our envelope. Pure.

    spring       kafka_dlt-*            numbers are big-endian binary; kafka_* where a retry topic wrote it
    connect      __connect.errors.*     text
    streams      __streams.errors.*     text; the exception as class: message
    share-group  __dlq.errors.*         text; key and value may be absent: then the letter only points at its record

Key, value and every header stay bit for bit; ours are added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from schemas import headers as names
from schemas.headers import Headers, header_text
from schemas.identity import event_id_for
from schemas.reasons import Reason
from streams.letters.letter import Failure, Letter, Original, Subject, compose

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Parts of class names that say what it was; the first that fits counts.
_REASONS = (
    (("Deserializ", "Serialization", "RecordTooLarge", "DataException"), Reason.UNDECODABLE),
    (("Validation", "Constraint", "SchemaMismatch"), Reason.CONTRACT_VIOLATION),
)


class Family(StrEnum):
    """Who wrote the letter."""

    SPRING = "spring"
    CONNECT = "connect"
    STREAMS = "streams"
    SHARE_GROUP = "share-group"


@dataclass(frozen=True, slots=True)
class Foreign:
    """A letter of theirs. `timestamp_ms` is the dead letter's own, UTC."""

    family: Family
    topic: str  #: of the original record
    partition: int
    offset: int
    original_timestamp_ms: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    error_class: str
    detail: str
    attempts: int
    by: str  #: the consumer group, or the connector

    @property
    def pointer_only(self) -> bool:
        """Whether its record must be fetched from its source."""
        return self.family is Family.SHARE_GROUP and self.key is None and self.value is None


class NotOfFamily(Exception):
    """The record does not have the headers of this family."""


def read_foreign(
    family: Family, key: bytes | None, value: bytes | None, headers: Headers | None, timestamp_ms: int
) -> Foreign:
    """One record of their dead-letter topic. Raises NotOfFamily, which names the header that is missing or wrong."""
    kept = tuple(headers or ())
    read = {Family.SPRING: _spring, Family.CONNECT: _connect, Family.STREAMS: _streams, Family.SHARE_GROUP: _share}
    try:
        facts = read[family](kept)
    except (KeyError, ValueError) as error:
        raise NotOfFamily(f"no letter of {family.value}: {error}") from error
    return Foreign(family=family, timestamp_ms=timestamp_ms, key=key, value=value, headers=kept, **facts)


def as_letter(foreign: Foreign, fetched: Original | None = None) -> Letter:
    """Our letter. `fetched` is the record that a pointer-only one points at; None where it is there no more.

    The id is made of the original's coordinates and the family: importing it again gives the same letter.
    """
    detail = foreign.detail
    if foreign.pointer_only and fetched is None:
        detail = f"{detail} (the record is no longer on its topic)"
    original = Original(
        topic=foreign.topic,
        partition=foreign.partition,
        offset=foreign.offset,
        timestamp_ms=fetched.timestamp_ms if fetched else foreign.original_timestamp_ms,
        key=fetched.key if fetched else foreign.key,
        value=fetched.value if fetched else foreign.value,
        headers=(*(fetched.headers if fetched else ()), *foreign.headers),
    )
    more = {names.FAMILY: foreign.family.value, names.SINK: foreign.by, names.ERROR_CLASS: foreign.error_class}
    failure = Failure(_reason(foreign.error_class), foreign.family.value, detail, attempts=foreign.attempts, more=more)
    failed_at = _EPOCH + timedelta(milliseconds=max(0, foreign.timestamp_ms))
    return compose(original, Subject(event_id_for(original.origin)), failure, failed_at)


def _reason(error_class: str) -> Reason:
    for parts, reason in _REASONS:
        if any(part in error_class for part in parts):
            return reason
    return Reason.UNCLASSIFIED


Facts = dict[str, Any]


def _spring(headers: Headers) -> Facts:
    prefix = "kafka_dlt-" if _has(headers, "kafka_dlt-original-topic") else "kafka_"
    cause = _text(headers, f"{prefix}exception-cause-fqcn") or _text(headers, f"{prefix}exception-fqcn")
    attempt = _bytes(headers, "kafka_deliveryAttempt")
    return {
        "topic": _needed(headers, f"{prefix}original-topic"),
        "partition": _number(headers, f"{prefix}original-partition", 4),
        "offset": _number(headers, f"{prefix}original-offset", 8),
        "original_timestamp_ms": _number(headers, f"{prefix}original-timestamp", 8),
        "error_class": cause,
        "detail": _said(cause, _text(headers, f"{prefix}exception-message")),
        "attempts": int.from_bytes(attempt, "big", signed=True) if attempt is not None and len(attempt) == 4 else 1,
        "by": _text(headers, "kafka_dlt-original-consumer-group"),
    }


def _connect(headers: Headers) -> Facts:
    prefix = "__connect.errors."
    error_class = _text(headers, prefix + "exception.class.name")
    stage = _text(headers, prefix + "stage")
    said = _said(error_class, _text(headers, prefix + "exception.message"))
    task = f"{_text(headers, prefix + 'connector.name')}-{_text(headers, prefix + 'task.id')}"
    return _coordinates(headers, prefix) | {
        "error_class": error_class,
        "detail": f"{stage} in {_text(headers, prefix + 'class.name')}: {said}",
        "attempts": 1,
        "by": task,
    }


def _streams(headers: Headers) -> Facts:
    prefix = "__streams.errors."
    error_class, _, _ = _text(headers, prefix + "exception").partition(":")
    detail = _said(error_class, _text(headers, prefix + "message"))
    return _coordinates(headers, prefix) | {"error_class": error_class, "detail": detail, "attempts": 1, "by": ""}


def _share(headers: Headers) -> Facts:
    prefix = "__dlq.errors."
    return _coordinates(headers, prefix) | {
        "error_class": "",
        "detail": _text(headers, prefix + "message") or "no message",
        "attempts": int(_text(headers, prefix + "delivery.count") or 1),
        "by": _needed(headers, prefix + "group"),
    }


def _coordinates(headers: Headers, prefix: str) -> Facts:
    return {
        "topic": _needed(headers, prefix + "topic"),
        "partition": int(_needed(headers, prefix + "partition")),
        "offset": int(_needed(headers, prefix + "offset")),
        "original_timestamp_ms": 0,
    }


def _said(error_class: str, message: str) -> str:
    return ": ".join(part for part in (error_class.rpartition(".")[2], message) if part) or "no message"


def _has(headers: Headers, name: str) -> bool:
    return any(key == name for key, _ in headers)


def _bytes(headers: Headers, name: str) -> bytes | None:
    return next((value for key, value in reversed(headers) if key == name), None)


def _text(headers: Headers, name: str) -> str:
    return header_text(headers, name)


def _needed(headers: Headers, name: str) -> str:
    text = header_text(headers, name)
    if not text:
        raise ValueError(f"the header {name} is missing")
    return text


def _number(headers: Headers, name: str, size: int) -> int:
    value = _bytes(headers, name)
    if value is None or len(value) != size:
        raise ValueError(f"the header {name} is {'missing' if value is None else f'{len(value)} bytes, not {size}'}")
    return int.from_bytes(value, "big", signed=True)
