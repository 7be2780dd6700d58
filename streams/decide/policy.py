"""The limits that decisions keep to, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Policy:
    """`pilot` is None when every account takes part, else the accounts that do (DR9)."""

    discount_threshold_percent: Decimal = Decimal(20)
    hold_for: timedelta = timedelta(hours=48)
    line_grace: timedelta = timedelta(minutes=15)
    pilot: frozenset[str] | None = None
    integration_user: str = "meshline"

    def includes(self, account_id: str) -> bool:
        return self.pilot is None or account_id in self.pilot
