"""The campaign's short form on a real broker: workers are killed, frozen, replaced and rolled, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ops.chaos.delivery.campaign import Campaign
from ops.chaos.delivery.crash_points import POINTS
from ops.chaos.delivery.crashing import crash_at
from ops.chaos.delivery.mutants.catalogue import MUTANTS
from ops.chaos.delivery.mutants.copy import layer_with
from ops.chaos.delivery.run import carry_out
from ops.chaos.delivery.tamper import EDITS
from streams.runtime.settings import Settings

#: No brokers of its own: those of the tests are left alone.
SHORT = Campaign(seed=5, messages=8_000, keys=50, partitions=4, workers=2, kills=3, brokers=0, bound=12, patience=30)
BY_NAME = {point.name: point for point in POINTS}


@pytest.fixture
def told() -> tuple[list[str], Callable[[str], None]]:
    lines: list[str] = []
    return lines, lines.append


def test_nothing_is_lost_doubled_or_out_of_order(
    stack_settings: Settings, told: tuple[list[str], Callable[[str], None]]
) -> None:
    lines, tell = told
    outcome = carry_out(SHORT, tell, bootstrap=stack_settings.bootstrap)
    verdict = outcome.verdict
    assert dict(verdict.counts) == {}, (verdict.findings, outcome.where, lines)
    assert (verdict.inputs, verdict.outputs, verdict.uncertain) == (SHORT.messages, SHORT.messages, 0)
    assert outcome.judge_objects == dict.fromkeys(EDITS, True)
    assert sum(outcome.faults.values()) >= 3
    assert len([line for line in lines if "passed" in line]) > sum(outcome.faults.values())


def test_a_worker_that_dies_in_mid_cycle_loses_and_doubles_nothing(stack_settings: Settings) -> None:
    result = crash_at(BY_NAME["after offsets join the transaction"], 2, stack_settings.bootstrap)
    assert result.deaths == 2
    assert result.clean, result.verdict.findings


def test_a_layer_that_commits_wrongly_is_seen_by_what_readers_get(stack_settings: Settings) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "offsets-not-sent")
    with layer_with(mutant) as layer:
        result = crash_at(BY_NAME["after the commit"], 1, stack_settings.bootstrap, layer=layer, patience=6)
    assert result.deaths == 1
    assert result.verdict.duplicates
    assert not result.clean
