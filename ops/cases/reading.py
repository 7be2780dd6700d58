"""From records on topics to what the cases need to know: a letter came, a record had its effect, an event was skipped.

Pure but for the codec. Bytes that are not ours to read say nothing.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.headers import FAMILY, SOURCE_OFFSET, SOURCE_PARTITION, SOURCE_TIMESTAMP, SOURCE_TOPIC, header_text
from schemas.identity import origin_of
from schemas.records import Notice
from schemas.topics import EFFECT, NOTICE, SKIPPED
from streams.letters.groups import fingerprint
from streams.letters.inbox import LetterView, view_of
from streams.letters.letter import Original

TOLD = {*(topic.name for topic in EFFECT.values()), SKIPPED.name, NOTICE.name}
_ENTITY = {
    "customer": "account",
    "order": "opportunity",
    "invoice": "opportunity",
    "credit": "case",
    "schedule": "subscription",
}
_MONEY = ("total", "amount", "credit_amount", "outstanding_balance")


@dataclass(frozen=True, slots=True)
class Came:
    """A letter is on its topic. `row` has the columns of the table `letters`."""

    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Went:
    """An event came to an end: an effect that was read back, or a skip (then `kind` is "")."""

    event_id: str
    kind: str
    entity: str
    key: str
    version: int | None
    at: datetime
    what: str


@dataclass(frozen=True, slots=True)
class Noted:
    """Something happened that the audit is to keep, though nobody pressed a button: a notice."""

    notice: Notice


Fact = Came | Went | Noted


def fact_of(message: Any, codec: Codec) -> Fact | None:
    """What a message says; None where it says nothing. Raises RegistryUnavailable."""
    if message.topic() in TOLD:
        return _noted(message, codec) if message.topic() == NOTICE.name else _went(message, codec)
    try:
        letter = view_of(message)
        moments = [datetime.fromisoformat(text) for text in (letter.first_failed_at, letter.failed_at)]
    except ValueError:  # somebody else's record on our topic: `meshline dlq import` reads those
        return None
    version, money, currency = facts_in(letter.original.value, codec)
    names = ("letter_id", "event_id", "stage", "sink", "entity", "key", "account_id", "detail", "suggestion")
    row = {name: getattr(letter, name).replace("\0", "") for name in names}
    mark = fingerprint(letter.reason, letter.stage, letter.sink, letter.entity, letter.detail)
    row |= {
        "family": header_text(letter.original.headers, FAMILY) or "mesh",
        "reason": letter.reason.value,
        "attempts": letter.attempts,
        "failures": 1,
    }
    row |= {"version": version, "money": money, "currency": currency, "fingerprint": mark}
    row |= {"first_failed_at": moments[0], "failed_at": moments[1], "origin": letter.origin}
    row |= {"topic": letter.topic, "partition": letter.partition, "offset": letter.offset}
    return Came(row | _bytes(letter.original))


def _bytes(original: Original) -> dict[str, Any]:
    headers = [[name, None if value is None else b64encode(value).decode()] for name, value in original.headers]
    return {"message_key": original.key, "message_value": original.value, "message_headers": headers}


def view_from_row(row: Any) -> LetterView:
    """The letter as the topic has it, from its row: what a replay sends."""
    headers = tuple((name, None if value is None else b64decode(value)) for name, value in row.message_headers)
    original = Original(
        topic=header_text(headers, SOURCE_TOPIC),
        partition=int(header_text(headers, SOURCE_PARTITION)),
        offset=int(header_text(headers, SOURCE_OFFSET)),
        timestamp_ms=int(header_text(headers, SOURCE_TIMESTAMP)),
        key=row.message_key,
        value=row.message_value,
        headers=headers,
    )
    message = _Message(row.topic, row.partition, row.offset, original)
    return view_of(message)


@dataclass(frozen=True, slots=True)
class _Message:
    """What `view_of` asks of a message."""

    _topic: str
    _partition: int
    _offset: int
    _original: Original

    def topic(self) -> str:
        return self._topic

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def timestamp(self) -> tuple[int, int]:
        return (1, self._original.timestamp_ms)

    def key(self) -> bytes | None:
        return self._original.key

    def value(self) -> bytes | None:
        return self._original.value

    def headers(self) -> list[tuple[str, bytes | None]]:
        return list(self._original.headers)


def facts_in(value: bytes | None, codec: Codec) -> tuple[int | None, Decimal | None, str | None]:
    """(version, money, currency) of a record, None where it does not say. Raises RegistryUnavailable."""
    record = record_in(value, codec)
    if record is None:
        return None, None, None
    version = (record.get("meta") or record).get("version")
    bodies = [
        record,
        *(body for name in ("order", "credit", "refund", "opportunity", "account") if (body := record.get(name))),
    ]
    for body in bodies:
        money = next((body[name] for name in _MONEY if isinstance(body, dict) and body.get(name) is not None), None)
        if isinstance(money, Decimal):
            return version, money, body.get("currency")
    return version if isinstance(version, int) else None, None, None


def record_in(value: bytes | None, codec: Codec) -> dict[str, Any] | None:
    """The record as its writer meant it; None where the bytes are none. Raises RegistryUnavailable."""
    try:
        return codec.decode(value).record
    except Undecodable:
        return None


def _went(message: Any, codec: Codec) -> Went | None:
    record = record_in(message.value(), codec)
    if record is None:
        return None
    if message.topic() == SKIPPED.name:
        what = f"skipped as {record['why']} at {origin_of(message.topic(), message.partition(), message.offset())}"
        return Went(record["event_id"], "", record["entity"], record["key"], None, record["skipped_at"], what)
    kind = record["kind"]
    entity = _ENTITY.get(kind.partition(".")[0], kind.partition(".")[0])
    what = f"{kind} {record['outcome']} as {record['external_number'] or record['external_id'] or record['key']}"
    return Went(record["event_id"], kind, entity, record["key"], record["version"], record["applied_at"], what)


def _noted(message: Any, codec: Codec) -> Noted | None:
    try:
        return Noted(codec.read(message.value(), Notice))
    except (Undecodable, ContractViolation):
        return None
