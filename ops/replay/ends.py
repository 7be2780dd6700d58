"""From records on topics to the ends of items. Pure but for the codec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.cases.reading import record_in
from ops.replay.order import Item
from ops.replay.states import ItemMove
from schemas.codec import Codec
from schemas.topics import DEAD_LETTER, EFFECT, SKIPPED
from streams.letters.inbox import view_of

TOPICS = (*(topic.name for topic in EFFECT.values()), SKIPPED.name, *(topic.name for topic in DEAD_LETTER.values()))
_EFFECTS = frozenset(topic.name for topic in EFFECT.values())


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that happened to an event. `letter_id` or `effect_id` where it was that."""

    move: ItemMove
    event_id: str
    note: str
    letter_id: str = ""
    effect_id: str = ""
    kind: str = ""


def sign_of(message: Any, codec: Codec) -> Sign | None:
    """What a message says; None where it says nothing to us. Raises RegistryUnavailable."""
    topic = message.topic()
    if topic not in _EFFECTS and topic != SKIPPED.name:
        try:
            letter = view_of(message)
        except ValueError:  # somebody else's record
            return None
        return Sign(ItemMove.FAIL, letter.event_id, f"{letter.reason.value}: {letter.detail[:300]}", letter.letter_id)
    record = record_in(message.value(), codec)
    if record is None:
        return None
    if topic == SKIPPED.name:
        return Sign(ItemMove.SKIP, record["event_id"], f"{record['why']}: {record['detail']}".rstrip(": "))
    named = record["external_number"] or record["external_id"] or record["key"]
    note = f"{record['kind']} {record['outcome']} as {named}"
    return Sign(ItemMove.APPLY, record["event_id"], note, effect_id=record["effect_id"], kind=record["kind"])


@dataclass(slots=True)
class Lookout:
    """Which items a sign is about."""

    items: Sequence[Item]
    _by_event: dict[str, list[Item]] = field(default_factory=dict)
    _letters: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self._letters = frozenset(item.letter_id for item in self.items)
        for item in self.items:
            self._by_event.setdefault(item.event_id, []).append(item)

    def moves(self, sign: Sign) -> list[tuple[int, ItemMove, str]]:
        """(place, move, note) of each item that the sign is about."""
        about = [item for item in self._by_event.get(sign.event_id, ()) if self._about(sign, item)]
        return [(item.place, sign.move, sign.note) for item in about]

    def _about(self, sign: Sign, item: Item) -> bool:
        if sign.move is ItemMove.FAIL:
            # The same letter again, or one of a later stage that the event reached now. Other letters of the event
            # that are in the job have items of their own.
            came_again = sign.letter_id == item.letter_id
            return came_again or (item.stage != "sink" and sign.letter_id not in self._letters)
        if sign.move is ItemMove.APPLY:
            if item.effect_id:
                return sign.effect_id == item.effect_id
            return not item.kind or sign.kind == item.kind
        return item.stage != "sink"
