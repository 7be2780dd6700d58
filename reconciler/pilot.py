"""Which accounts take part at all: what is not in the pilot is not in step, and no drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.rows import PairName


class Pilot(Protocol):
    """The pilot as it is now. `version` changes with it: then everything is judged again."""

    def version(self) -> str:
        """A short text; asked every now and then, so it may look for changes."""
        ...

    def covers(self, pair: PairName, account_id: str, received_at: datetime) -> bool:
        """Whether events of the account, received then, take part."""
        ...


class Everybody:
    """No pilot."""

    def version(self) -> str:
        return "all"

    def covers(self, pair: PairName, account_id: str, received_at: datetime) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Named:
    """These accounts only."""

    accounts: frozenset[str]

    def version(self) -> str:
        return ",".join(sorted(self.accounts))

    def covers(self, pair: PairName, account_id: str, received_at: datetime) -> bool:
        return account_id in self.accounts


EVERYBODY = Everybody()
