"""A day in the making."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from random import Random

from ops.demo.records import Account, Opportunity, Step


@dataclass
class Draft:
    """A day in the making."""

    run: str
    random: Random
    today: date
    morning: list[list[Step]] = field(default_factory=list)
    afternoon: list[list[Step]] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    deals: dict[str, Opportunity] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    in_crm: set[str] = field(default_factory=set)
    letters: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    company: int = 0  #: the number of the next HubSpot company

    def name(self, kind: str, number: int | str) -> str:
        return f"{kind}-{self.run}-{number}"
