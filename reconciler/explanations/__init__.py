"""What is known to keep a record from being in step: an open letter, a hold, a parked key, a write under way."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from reconciler.rows import PairName, Subject

#: `parked`: the event waits behind a letter of its key. `replay`: a job sends its letter again. `command`: decided, and
#: not begun by its sink. `write`: the ledger has begun it and not ended it.
#: `drift`: another drift is the root of this one.
ExplanationKind = Literal["letter", "hold", "parked", "replay", "command", "write", "drift"]
#: Entities that letters and holds name -> the pair that waits for them.
PAIR_OF: dict[str, PairName] = {
    "account": "account",
    "customer": "account",
    "opportunity": "opportunity",
    "order": "opportunity",
}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One open exception. `id` finds it where its kind is listed; `reason` is its reason code or state."""

    kind: ExplanationKind
    id: str
    reason: str = ""

    @property
    def reference(self) -> str:
        """As a drift carries it: `letter:1b7d4c2e8f3a missing_account`."""
        return f"{self.kind}:{self.id} {self.reason}".strip()


class Explanations(Protocol):
    """Where explanations are looked up."""

    def of(self, subjects: Collection[Subject]) -> Mapping[Subject, Explanation] | None:
        """What explains these records, as far as anything does. None: it cannot be told now; ask again later."""
        ...


class KnownExplanations:
    """Explanations in memory: for tests, benches, and a line without an operations database."""

    def __init__(self, known: Mapping[Subject, Explanation] | None = None) -> None:
        self.known: dict[Subject, Explanation] = dict(known or {})
        self.away = False  #: as a database that does not answer

    def of(self, subjects: Collection[Subject]) -> Mapping[Subject, Explanation] | None:
        if self.away:
            return None
        return {subject: self.known[subject] for subject in subjects if subject in self.known}
