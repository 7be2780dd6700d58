"""The reconciler's pilot is the decide stage's: the active rules say who takes part."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ops.reconcile.pilots import RulesPilot
from reconciler.rows import PairName
from streams.runtime.settings import PolicySettings, Settings

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("pair", ["account", "opportunity", "invoice"])
def test_the_accounts_that_settings_bend_the_shipped_rules_to(pair: PairName) -> None:
    everybody = RulesPilot(Settings())
    few = RulesPilot(Settings(policy=PolicySettings(pilot_accounts=["A1"])))
    assert [pilot.covers(pair, account, NOW) for pilot in (everybody, few) for account in ("A1", "A2")] == [
        True, True, True, False
    ]  # fmt: skip
    assert everybody.version() != few.version()
