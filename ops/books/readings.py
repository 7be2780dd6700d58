"""From a record on a topic to the fact that it is. Values are decoded, not validated: the books believe the bytes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ops.books.facts import (
    Arrived,
    At,
    Commanded,
    Effected,
    Fact,
    Lettered,
    PutAside,
    Redriven,
    Understood,
)
from ops.books.ledger import RAW_TOPICS
from schemas import headers as names
from schemas.codec import Codec, Undecodable
from schemas.headers import Headers, header_text
from schemas.identity import command_id_for, event_id_for, origin_of
from schemas.topics import CLEAN, COMMAND, DEAD_LETTER, EFFECT, REDRIVE, SKIPPED

#: kind of an effect in the ERP -> kind of the command that brings its number back to the CRM.
FOLLOW_UPS = {
    "customer.upsert": "account.link",
    "order.place": "opportunity.link",
    "credit.grant": "case.link",
    "schedule.amend": "subscription.link",
    "lead.customer": "lead.link",
    "lead.order": "lead.ordered",
    "invoice.post": "opportunity.billed",
}

Read = Callable[[At, bytes | None, Headers], Fact | None]


class Readings:
    """What each topic's records mean to the books."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._by_topic: dict[str, Read] = {
            **dict.fromkeys(RAW_TOPICS, lambda at, value, headers: Arrived(at)),
            **dict.fromkeys((topic.name for topic in CLEAN), self._understood),
            **dict.fromkeys((topic.name for topic in COMMAND.values()), self._commanded),
            **dict.fromkeys((topic.name for topic in EFFECT.values()), self._effected),
            **dict.fromkeys((topic.name for topic in DEAD_LETTER.values()), _lettered),
            **dict.fromkeys((topic.name for topic in REDRIVE.values()), _redriven),
            SKIPPED.name: self._put_aside,
        }

    @property
    def topics(self) -> list[str]:
        return list(self._by_topic)

    def fact(self, at: At, value: bytes | None, headers: Headers) -> Fact | None:
        """The fact; None where the bytes are not ours to read. Raises RegistryUnavailable."""
        try:
            return self._by_topic[at.topic](at, value, headers)
        except Undecodable:
            return None  # somebody else wrote on our topic; what it should have said will be missed

    def _record(self, value: bytes | None) -> dict[str, Any]:
        return self._codec.decode(value).record

    def _understood(self, at: At, value: bytes | None, headers: Headers) -> Fact:
        meta = self._record(value)["meta"]
        return Understood(meta["event_id"], at, meta["origin"], meta["entity"], meta["key"])

    def _commanded(self, at: At, value: bytes | None, headers: Headers) -> Fact:
        record = self._record(value)
        return Commanded(record["event_id"], record["command_id"], at)

    def _effected(self, at: At, value: bytes | None, headers: Headers) -> Fact:
        record = self._record(value)
        event_id, kind = record["event_id"], record["kind"]
        named = record["outcome"] == "applied" and record["external_number"]
        follow_up = command_id_for(event_id, FOLLOW_UPS[kind], record["key"]) if named and kind in FOLLOW_UPS else ""
        return Effected(
            event_id=event_id,
            command_id=record["effect_id"],
            kind=kind,
            outcome=record["outcome"],
            external_id=record["external_id"],
            at=at,
            occurred_at=record["occurred_at"],
            applied_at=record["applied_at"],
            follow_up=follow_up,
        )

    def _put_aside(self, at: At, value: bytes | None, headers: Headers) -> Fact:
        record = self._record(value)
        return PutAside(record["event_id"], record["why"], record["origin"], record["skipped_at"])


def _lettered(at: At, value: bytes | None, headers: Headers) -> Fact:
    return Lettered(
        event_id=header_text(headers, names.EVENT_ID),
        reason=header_text(headers, names.REASON),
        origin=_source(headers),
        failed_at=_time(header_text(headers, names.FAILED_AT)),
    )


def _redriven(at: At, value: bytes | None, headers: Headers) -> Fact:
    return Redriven(header_text(headers, names.EVENT_ID) or event_id_for(_source(headers)), at)


def _source(headers: Headers) -> str:
    partition = header_text(headers, names.SOURCE_PARTITION)
    offset = header_text(headers, names.SOURCE_OFFSET)
    if not (partition.isdecimal() and offset.isdecimal()):
        return ""
    return origin_of(header_text(headers, names.SOURCE_TOPIC), int(partition), int(offset))


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
