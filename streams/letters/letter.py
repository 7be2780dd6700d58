"""The dead letter: the original bytes, and headers that say where they came from and what happened. Pure.

The key, value and foreign headers are the original's, bit for bit. Ours are set, not appended, so a letter keeps
its size however often it fails. What people do about it (owner, edits, replays) is not in the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from schemas import headers as names
from schemas.headers import Headers, header_text, set_headers
from schemas.identity import letter_id_for, origin_of
from schemas.reasons import Reason
from schemas.topics import DEAD_LETTER
from streams.letters.cause import class_of, schema_id_of, stack_of

_DETAIL_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Original:
    """A record as it was read: bytes and coordinates. `timestamp_ms` is the broker's or producer's, UTC."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()

    @classmethod
    def of(cls, message: Any) -> Original:
        """From a confluent_kafka message. A redriven record keeps the coordinates it first had."""
        headers: Headers = message.headers() or ()
        first = header_text(headers, names.SOURCE_TOPIC)
        return cls(
            topic=first or message.topic(),
            partition=int(header_text(headers, names.SOURCE_PARTITION)) if first else message.partition(),
            offset=int(header_text(headers, names.SOURCE_OFFSET)) if first else message.offset(),
            timestamp_ms=int(header_text(headers, names.SOURCE_TIMESTAMP)) if first else message.timestamp()[1],
            key=message.key(),
            value=message.value(),
            headers=tuple(headers),
        )

    @property
    def origin(self) -> str:
        return origin_of(self.topic, self.partition, self.offset)

    def coordinates(self) -> dict[str, str]:
        """The headers that carry the coordinates on."""
        return {
            names.SOURCE_TOPIC: self.topic,
            names.SOURCE_PARTITION: str(self.partition),
            names.SOURCE_OFFSET: str(self.offset),
            names.SOURCE_TIMESTAMP: str(self.timestamp_ms),
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """What the letter is about, as far as the failing stage knew it; empty where the bytes could not be read."""

    event_id: str
    entity: str = ""
    key: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong. `detail` is one sentence with the values in it; `more` holds further `mesh-*` headers.

    `cause`: what was raised, where something was; `http_status`: what the target answered with, 0 where it did not.
    """

    reason: Reason
    stage: str
    detail: str
    suggestion: str = ""
    attempts: int = 1
    more: Mapping[str, str] = field(default_factory=dict)
    cause: BaseException | None = field(default=None, compare=False, repr=False)
    http_status: int = 0


@dataclass(frozen=True, slots=True)
class Letter:
    """A record for a dead-letter topic, ready to produce."""

    letter_id: str
    reason: Reason
    topic: str
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def compose(original: Original, subject: Subject, failure: Failure, now: datetime) -> Letter:
    """The letter of a failure. Its id is the same for the same record and stage."""
    letter_id = letter_id_for(original.origin, failure.stage)
    first = header_text(original.headers, names.FIRST_FAILED_AT) or now.isoformat()
    detail = failure.detail if len(failure.detail) <= _DETAIL_LIMIT else failure.detail[:_DETAIL_LIMIT] + " [cut]"
    values = {
        names.LETTER_ID: letter_id,
        names.EVENT_ID: subject.event_id,
        names.REASON: failure.reason.value,
        names.STAGE: failure.stage,
        names.DETAIL: detail,
        names.SUGGESTION: failure.suggestion,
        names.ERROR_CLASS: class_of(failure.cause),
        names.STACK: stack_of(failure.cause),
        names.HTTP_STATUS: str(failure.http_status or ""),
        names.SCHEMA_ID: schema_id_of(original.value),
        names.ATTEMPTS: str(failure.attempts),
        names.ENTITY: subject.entity,
        names.ENTITY_KEY: subject.key,
        names.ACCOUNT_ID: subject.account_id,
        names.FIRST_FAILED_AT: first,
        names.FAILED_AT: now.isoformat(),
        **original.coordinates(),
        **failure.more,
    }
    return Letter(
        letter_id=letter_id,
        reason=failure.reason,
        topic=DEAD_LETTER[failure.reason].name,
        key=original.key,
        value=original.value,
        headers=set_headers(original.headers, values.items()),
    )
