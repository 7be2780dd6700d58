"""The frozen selection: which letters a job has, and in which order they are sent. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from ops.replay.states import ItemState
from schemas.reasons import Reason, catalogue
from streams.letters.letter import Original

#: What ends the replay of a letter that failed before its command was made.
_ENDS_WITH = {
    "account": "customer.upsert",
    "opportunity": "order.place",
    "line_item": "order.place",
    "customer": "account.terms",
    "case": "credit.grant",
    "subscription": "schedule.amend",
    "lead": "lead.order",
    "refund": "refund.credit",
    "invoice": "account.billing",
}
_HEAD = 5  # bytes: 0, then the schema's id
_STAGES = frozenset({"normalise", "decide", "sink"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """A letter as the selection found it. `command` is the record of a sink's letter, None where it is unreadable."""

    letter_id: str
    event_id: str
    family: str
    reason: Reason
    stage: str
    entity: str
    key: str
    account_id: str
    first_failed_at: Any
    original: Original
    replays: int
    money: Decimal | None = None
    currency: str | None = None
    named: bool = False  #: by its id
    command: Mapping[str, Any] | None = None

    @property
    def lane(self) -> str:
        """What is sent one after another: an account's letters; where no account is known, those of one partition."""
        if self.account_id:
            return self.account_id
        return self.record if self.key else f"{self.original.topic}/{self.original.partition}"

    @property
    def record(self) -> str:
        """What must not be overtaken."""
        return f"{self.entity}/{self.key}" if self.key else self.original.origin

    @property
    def position(self) -> tuple[Any, ...]:
        """The order in which they failed; within one batch, and of one partition, in which they were read."""
        source = self.original
        return (self.first_failed_at, source.timestamp_ms, source.topic, source.partition, source.offset)


@dataclass(frozen=True, slots=True)
class Item:
    """A letter in its place."""

    place: int
    letter_id: str
    event_id: str
    stage: str
    lane: str
    record: str
    effect_id: str
    kind: str
    state: ItemState = ItemState.WAITING
    note: str = ""
    edit_id: str = ""


def frozen(chosen: Iterable[Chosen], cap: int, taken: Collection[str] = (), redirect: str = "") -> list[Item]:
    """The items of a job, in the order of their failures. `taken`: letters that another job has claimed.

    `redirect`: they go there, so it does not matter which stage refused them.
    """
    ordered = sorted({one.letter_id: one for one in chosen}.values(), key=lambda one: one.position)
    return [_item(place, one, cap, one.letter_id in taken, redirect) for place, one in enumerate(ordered)]


def _item(place: int, one: Chosen, cap: int, taken: bool, redirect: str) -> Item:
    command = one.command if one.stage == "sink" and one.command is not None else {}
    kind = str(command.get("kind", "")) or ("" if one.stage == "sink" else _ENDS_WITH.get(one.entity, ""))
    effect_id = str(command.get("command_id", ""))
    note = why_not(one, cap, taken, redirect)
    state = ItemState.LEFT if note else ItemState.WAITING
    return Item(place, one.letter_id, one.event_id, one.stage, one.lane, one.record, effect_id, kind, state, note)


def with_edits(items: Iterable[Item], edits: Mapping[str, Any]) -> list[Item]:
    """The items in the versions that people made of their letters; another account is another lane."""
    return [
        one
        if (edit := edits.get(one.letter_id)) is None
        else replace(one, edit_id=edit.edit_id, lane=edit.account_id or one.lane)
        for one in items
    ]


def why_not(one: Chosen, cap: int, taken: bool, redirect: str = "") -> str:
    """Why a letter is not sent, "" where it is."""
    useless = not one.named and not catalogue()[one.reason].retryable
    whys = (
        (taken, "another job has claimed it"),
        (bool(redirect), ""),  # it does not go through a stage of ours
        (one.family != "mesh", f"it was written by {one.family}: it is sent again there"),
        (one.stage not in _STAGES, f"the stage {one.stage!r} takes nothing back"),
        (one.replays >= cap, f"it was replayed {one.replays} times: a person must look first"),
        (useless, f"sending {one.reason.value} again cannot help; by its id it is sent in any case"),
    )
    return next((why for holds, why in whys if holds), "")


def schema_id_of(value: bytes | None) -> int | None:
    """The id of the schema that a record was written with, None where it has no such head."""
    whole = value is not None and len(value) >= _HEAD and value[0] == 0
    return int.from_bytes(value[1:_HEAD], "big") if value is not None and whole else None
