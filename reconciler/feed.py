"""Messages of the state topics -> rows, and those that are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from reconciler.rows import MODELS, EntityName, Feed, Row
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import Effect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEY_LIMIT = 128


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that says nothing: it is counted and told, and what was known before it stays."""

    feed: Feed
    offset: int
    entity: EntityName | Literal["effect"]
    why: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One effect: how long the line took."""

    feed: Feed
    offset: int
    recorded_at: datetime
    effect: Effect


def decode_rows(
    messages: Iterable[Any], entities: Mapping[str, EntityName], codec: Codec, now: datetime
) -> tuple[list[Row], list[Unreadable]]:
    """Rows in the order read. Raises RegistryUnavailable: that is no fault of a row's."""
    rows: list[Row] = []
    unreadable: list[Unreadable] = []
    for message in messages:
        feed, offset, entity = Feed(message.topic(), message.partition()), message.offset(), entities[message.topic()]
        try:
            key = _key_of(message.key())
            value = message.value()
            record = None if value is None else codec.read(value, MODELS[entity])
        except (Undecodable, ContractViolation) as error:
            unreadable.append(Unreadable(feed, offset, entity, str(error)))
            continue
        rows.append(Row(feed, offset, entity, key, _recorded_at(message.timestamp(), now), record))
    return rows, unreadable


def decode_effects(messages: Iterable[Any], codec: Codec, now: datetime) -> tuple[list[Measure], list[Unreadable]]:
    """Effects in the order read. Raises RegistryUnavailable."""
    measures: list[Measure] = []
    unreadable: list[Unreadable] = []
    for message in messages:
        feed, offset = Feed(message.topic(), message.partition()), message.offset()
        try:
            effect = codec.read(message.value(), Effect)
        except (Undecodable, ContractViolation) as error:
            unreadable.append(Unreadable(feed, offset, "effect", str(error)))
            continue
        measures.append(Measure(feed, offset, _recorded_at(message.timestamp(), now), effect))
    return measures, unreadable


def _key_of(key: bytes | None) -> str:
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError as error:
        raise Undecodable(f"the key is not UTF-8: {key!r}"[:500]) from error
    if not 0 < len(text) <= _KEY_LIMIT or "\0" in text:
        raise Undecodable(f"the key is not a record's id: {key!r}"[:500])
    return text


def _recorded_at(timestamp: tuple[int, int], now: datetime) -> datetime:
    """The message's time. A writer whose clock is ahead of ours is not believed beyond now."""
    kind, milliseconds = timestamp
    if kind == 0:  # the message carries none
        return now
    try:
        return min(_EPOCH + timedelta(milliseconds=milliseconds), now)
    except OverflowError:
        return now
