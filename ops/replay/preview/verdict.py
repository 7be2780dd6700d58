"""What is said of a letter before it is sent. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sinks.ledger import Proceed, Settle, Told
from sinks.ledger import Verdict as Weighed
from sinks.verify import Difference


class Says(StrEnum):
    """The verdicts. All but `fail` and `unknown` are good ends."""

    SUCCEED = "succeed"
    FAIL = "fail"
    STALE = "stale"  #: a newer version is there, and stays
    DUPLICATE = "duplicate"  #: its effect is there already
    SKIP = "skip"  #: its event needs no effect
    HOLD = "hold"  #: it would wait for another record, or behind another letter
    LEFT = "left"  #: the job does not send it
    UNKNOWN = "unknown"  #: the target does not answer now


@dataclass(frozen=True, slots=True)
class Call:
    """The first call that would change the target; `then` are the steps that follow it."""

    method: str
    body: Any
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a shadow saw: the call and the fields that would change, or why it would be refused."""

    call: Call | None = None
    diff: tuple[Difference, ...] = ()
    refused: str = ""  #: the reason's code
    detail: str = ""
    away: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one letter, or of one command that it leads to."""

    says: Says
    detail: str = ""
    reason: str = ""
    call: Call | None = None
    diff: tuple[Difference, ...] = ()

    @property
    def good(self) -> bool:
        return self.says not in (Says.FAIL, Says.UNKNOWN)


def of_weighing(weighed: Weighed) -> Verdict | None:
    """What the effect ledger says of a command; None: it would be written."""
    match weighed:
        case Told(entry):
            if entry.outcome == "stale":
                return Verdict(Says.STALE, "it was found stale before")
            return Verdict(
                Says.DUPLICATE, f"its effect was read back before, as {entry.external_number or entry.state}"
            )
        case Settle("stale", last):
            return Verdict(Says.STALE, f"version {last.version} was written already")
        case Settle(_, last):
            return Verdict(Says.DUPLICATE, f"version {last.version} wrote the same")
        case Proceed():
            return None


def of_shadow(shown: Shown) -> Verdict:
    """What the target would say to a command."""
    if shown.away:
        return Verdict(Says.UNKNOWN, shown.detail)
    if shown.refused:
        return Verdict(Says.FAIL, shown.detail, shown.refused)
    detail = "" if shown.call is not None else "the target holds all of it already"
    return Verdict(Says.SUCCEED, detail, call=shown.call, diff=shown.diff)


_WORST_FIRST = (Says.LEFT, Says.FAIL, Says.UNKNOWN, Says.SUCCEED, Says.STALE, Says.DUPLICATE, Says.HOLD, Says.SKIP)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Of a letter that leads to several commands: the one that a person must know of."""
    return min(verdicts, key=lambda one: _WORST_FIRST.index(one.says))


def fingerprint_of(verdicts: Iterable[tuple[str, Verdict]]) -> str:
    """The same letters with the same verdicts and calls have the same one: what is agreed to is what was seen."""
    plain = [[letter_id, asdict(verdict)] for letter_id, verdict in verdicts]
    return sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()[:32]
