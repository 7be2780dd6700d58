"""Labelled histories: every damage is told once with its money and closed once, and nothing else is told."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from ops.bench.reconcile.bench import run
from ops.bench.reconcile.play import Player, Request
from ops.bench.reconcile.stories import Story, story
from ops.cli.bench import register
from reconciler.store import MemoryStore


def test_clean_histories_tell_nothing() -> None:
    score = Player(Request(1500, seed=11, per_minute=20, restart_every=40), MemoryStore()).run()
    assert score.perfect, score
    assert score.late > 50
    assert score.restarts > 5
    assert score.rows > 4000


def test_every_damage_is_told_once_and_closed_once() -> None:
    score = Player(Request(900, seed=12, damage_every=2, per_minute=15, restart_every=37), MemoryStore()).run()
    assert score.perfect, score
    assert score.injected.total() == 450
    assert set(score.by_kind()) == {
        "missing_in_erp", "missing_in_crm", "deleted_on_one_side", "duplicate", "field_mismatch", "total_mismatch"
    }  # fmt: skip


def test_a_score_sees_what_is_wrong() -> None:
    """Damage that the labels do not tell is a false alarm; a label without damage is a miss."""

    class Blind(Player):
        def _end(self, one: Story) -> None:
            self.ended = getattr(self, "ended", 0) + 1
            if self.ended % 2:
                one.drift = None if one.drift else "duplicate"
            super()._end(one)

    score = Blind(Request(60, seed=3, damage_every=2), MemoryStore()).run()
    assert not score.perfect
    assert score.found.total() + score.false_alarms.total() == 30
    assert score.injected.total() - score.found.total() == 30 or score.false_alarms.total() > 0


def test_the_same_seed_is_the_same_history() -> None:
    assert story(7, 1, 0.0, True).events == story(7, 1, 0.0, True).events
    assert story(7, 1, 0.0, True).events != story(7, 2, 0.0, True).events


def test_the_report_has_the_agreed_keys() -> None:
    facts = run(Request(200, damage_every=10, restart_every=100)).facts()
    wanted = {
        "keys", "events_per_s", "bytes_per_key", "injected", "found", "found_twice", "false_alarms", "closed",
        "restart_s", "peer_events_per_s",
    }  # fmt: skip
    assert wanted <= facts.keys()
    assert (facts["injected"], facts["found"], facts["closed"]) == (20, 20, 20)


@pytest.mark.parametrize("options", [["--keys", "120", "--damaged", "12"], ["--keys", "60", "--damaged", "0"]])
def test_the_command(options: list[str]) -> None:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["bench", "reconcile", *options, "--no-peer", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["perfect"] is True
