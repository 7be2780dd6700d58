"""When a second person must agree to a job. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ops.replay.edits.levels import Level
from streams.runtime.settings import ReplaySettings


@dataclass(frozen=True, slots=True)
class Alone:
    """What one person may send. `money`: ISO currency -> amount in all; a currency that is not named: none."""

    letters: int
    edits: int
    money: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: ReplaySettings) -> Alone:
        return cls(settings.alone_letters, settings.alone_edits, settings.alone_money)


@dataclass(frozen=True, slots=True)
class Weight:
    """One letter of a job. `edit`: the level of the version that is sent, None where it is the original."""

    money: Decimal | None
    currency: str | None
    edit: Level | None = None


def why_second(letters: Iterable[Weight], alone: Alone, *, patch: str = "", redirect: str = "") -> str:
    """Why a second person must agree, "" where none must."""
    letters = list(letters)
    edits = [one.edit for one in letters if one.edit is not None]
    sums: dict[str, Decimal] = {}
    for one in letters:
        if one.money is not None:
            sums[one.currency or "?"] = sums.get(one.currency or "?", Decimal()) + abs(one.money)
    much = [f"{total:f} {name}" for name, total in sorted(sums.items()) if total > alone.money.get(name, Decimal())]
    whys = [
        f"it sends letters as the patch {patch} changes them" if patch else "",
        f"it sends letters to {redirect}" if redirect else "",
        f"{len(letters)} letters are more than {alone.letters}" if len(letters) > alone.letters else "",
        f"it is about {', '.join(much)}" if much else "",
        "a sensitive field was edited" if Level.SENSITIVE in edits else "",
        f"{len(edits)} edited letters are more than {alone.edits}" if len(edits) > alone.edits else "",
    ]
    return "; ".join(why for why in whys if why)
