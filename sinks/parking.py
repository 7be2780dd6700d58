"""Commands behind a letter: while a command of a record is a letter, the record's later ones do not overtake it.

They may have been on their way when it was refused. Each is parked like an event behind the letter
(`streams.letters.parking`), in the same table and under the same caps, and sent to its sink again when the letter's
case is closed. A command that comes while others of its record wait joins them at the end.

Only the ERP's letters park. What the CRM is told back is the newest state of its fields: the next telling replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any, Protocol

from schemas import headers as names
from schemas.headers import header_text
from schemas.identity import letter_id_for
from schemas.records import Command
from sinks.effects import STAGE, entity_of
from sinks.ledger import Place
from streams.letters.letter import Letter, Original
from streams.letters.parking.lot import Admission, Block, Lot, Passage, Spot
from streams.letters.parking.store import block_of, origin_in, spot_of

#: Records whose effects need the customer's: as where events are parked.
_NEED_ACCOUNT = frozenset({"opportunity"})


class Step(Enum):
    """What is to happen to a command now."""

    CARRY = auto()
    LEAVE = auto()  #: it waits, or is a copy of one that does or did: its record is finished
    REST = auto()  #: it must wait, and there is no room for it


@dataclass(frozen=True, slots=True)
class Turn:
    """A command's turn. `lot`: what is to be kept when it was carried; `why`: which cap keeps it out."""

    step: Step
    lot: Lot = field(default_factory=Lot)
    why: str = ""


class Parking(Protocol):
    """Keeps commands. All raise `LedgerUnavailable` and `Fenced`."""

    async def admit(self, command: Command, original: Original, spot: Spot, place: Place) -> Turn:
        """Whether the command, which was read at `spot`, may be carried; what must wait is kept."""
        ...

    async def blocked(self, command: Command, letter: Letter, place: Place) -> None:
        """The command became a letter: it blocks its record where its reason does."""
        ...

    async def carried(self, turn: Turn, place: Place) -> None:
        """The command has its effect, or became a letter: it waits no more."""
        ...


def passage_of(command: Command, original: Original) -> Passage:
    """Who asks: a command is known by its id, and its letter by where the command was first read."""
    entity = entity_of(command)
    own = ("crm", entity, command.key)
    scope = (own, ("crm", "account", command.account_id)) if entity in _NEED_ACCOUNT else (own,)
    return Passage(command.command_id, command.event_id, scope, letter_id_for(original.origin, STAGE))


def ask(lot: Lot, command: Command, original: Original, spot: Spot) -> Admission:
    """What the lot says to a command; it keeps what changes. A repair and an undo are asked for by people, for now."""
    if command.repair:
        return Admission.PASS
    drained = bool(header_text(original.headers, names.PARKED))
    live = not (drained or header_text(original.headers, names.REPLAYS))
    return lot.admit(passage_of(command, original), spot, spot_of(original), live=live, drained=drained)


def is_live(original: Original) -> bool:
    """It comes from the stage before, not from where it waited or from a replay: those are always let in."""
    return not any(header_text(original.headers, name) for name in (names.PARKED, names.REPLAYS))


def plain(original: Original) -> Original:
    """The record without the mark of its way back; a letter of it must not carry that on."""
    return replace(original, headers=tuple(one for one in original.headers if one[0] != names.PARKED))


def blocking(command: Command, letter: Letter) -> Block | None:
    """The block of a command's letter; None where its reason does not block."""
    record = ("crm", entity_of(command), command.key)
    return block_of(letter.letter_id, command.event_id, record, origin_in(letter), STAGE, letter.reason)


def about(command: Command, original: Original) -> dict[str, Any]:
    """The columns of a parked row that tell what it is."""
    return {
        "event_id": command.command_id,
        "stage": STAGE,
        "of_event": command.event_id,
        "side": "crm",
        "entity": entity_of(command),
        "key": command.key,
        "account_id": command.account_id,
        "parent": None,
        "version": command.version,
        "sequence": command.sequence,
        "operation": command.kind,
        "source": "decide",
        "origin": original.origin,
    }
