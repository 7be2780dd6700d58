"""Generated changes of our own schemas, judged by what Java's and Python's readers do with real bytes."""

from __future__ import annotations

from ops.bench.gate.trial import try_changes
from ops.cli.bench_gate import own_schemas


def test_the_gate_misses_no_change_that_harms_and_rarely_cries_wolf() -> None:
    trial = try_changes(own_schemas(), 330, seed=3)
    assert trial.tried >= 300
    assert trial.missed == []
    assert trial.alarm_share < 0.02, trial.alarms
    assert trial.harmful > 100
    assert trial.harmless > 60
    assert trial.accepted_by_avro > 20, "changes that Avro's own checker lets through are among them"
    assert len(trial.kinds) > 30
