"""The bench's pure parts: what is sent, what is counted, what is made of the runs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest
from typer.testing import CliRunner

from ops.bench.line.errors import RunFailed
from ops.bench.line.goals import GOALS, judged
from ops.bench.line.lineup import OURS, SYSTEMS
from ops.bench.line.messages import messages
from ops.bench.line.observer import count
from ops.bench.line.ours.agent import steps_of
from ops.bench.line.peers import contract
from ops.bench.line.plots import draw
from ops.bench.line.rate import Look, Measured, Watch
from ops.bench.line.rows import failed_row, rows_of
from ops.bench.line.soak import slope_of
from ops.bench.line.workloads import RATES, W0, W1, W2
from ops.cli import build_app
from ops.cli.bench import _print
from ops.local.jars import locked


@dataclass
class Output:
    """A message as the observer reads it."""

    number: int
    place: str = "out"

    def topic(self) -> str:
        return self.place

    def value(self) -> bytes:
        return b"%010d rest" % self.number

    def key(self) -> bytes:
        return b"%d" % self.number


def test_the_observer_finds_what_is_lost_and_what_is_doubled() -> None:
    chunks = [[Output(0), Output(2, "letters")], [Output(2), Output(3)]]
    found = count(chunks, 5, W0.number)
    assert (found.lost, found.doubled, found.by_topic) == (2, 1, {"out": 3, "letters": 1})


def test_the_observer_sees_a_lane_out_of_order() -> None:
    assert count([[Output(0), Output(1), Output(2), Output(3)]], 4, None, lanes=2).disordered == 0
    assert count([[Output(2), Output(1), Output(0), Output(3)]], 4, None, lanes=2).disordered == 1


@pytest.mark.parametrize("workload", RATES.values(), ids=lambda workload: workload.name)
def test_messages_are_the_same_for_a_seed_and_carry_their_number(workload: Any) -> None:
    sent = list(messages(workload, 300, seed=7))
    assert sent == list(messages(workload, 300, seed=7))
    first, last = workload.number
    assert [int(value[first:last]) for _, value in sent] == list(range(300))
    if workload is W0:
        assert {len(value) for _, value in sent} == {400}
        assert sent != list(messages(workload, 300, seed=8))


def _by_fastavro() -> Any:
    """The peers' steps, without their environment."""
    parsed_in, parsed_out = fastavro.parse_schema(contract.SCHEMA_IN), fastavro.parse_schema(contract.SCHEMA_OUT)

    def read(raw: bytes) -> Any:
        if raw[:5] != contract.HEADER_IN:
            raise contract.Bad("header")
        return fastavro.schemaless_reader(BytesIO(raw[5:]), parsed_in, None)

    def write(order: Any) -> bytes:
        buffer = BytesIO()
        buffer.write(contract.HEADER_OUT)
        fastavro.schemaless_writer(buffer, parsed_out, order)
        return buffer.getvalue()

    return contract.handle_with(read, write)


@pytest.mark.parametrize("workload", [W1, W2], ids=["W1", "W2"])
def test_ours_and_the_peers_make_the_same_of_every_order(workload: Any) -> None:
    ours, theirs = steps_of(), _by_fastavro()
    made = [ours(value) for _, value in messages(workload, 2000, seed=3)]
    assert made == [theirs(value) for _, value in messages(workload, 2000, seed=3)]
    letters = sum(role == contract.LETTERS for role, _ in made)
    assert letters == (20 if workload is W1 else 420)
    assert {role for role, _ in made} == {*contract.REGIONS, contract.LETTERS}


def test_an_order_keeps_its_own_contract() -> None:
    dice = random.Random(1)
    for number in range(99):
        contract.check(contract.order(number, dice))
    with pytest.raises(contract.Bad):
        contract.check(contract.order(99, dice))


def run(workload: str, system: str, rate: float, **more: Any) -> Measured:
    return Measured(workload, system, 1000, rate, 5.0, 1.0, 100.0, **more)


def test_rows_are_medians_with_their_spread_and_the_ratio_to_ours() -> None:
    runs = [run("W0", OURS, rate) for rate in (90.0, 110.0, 100.0)] + [run("W0", "faust", 4.0, lost=2)]
    ours, faust = rows_of(runs)
    assert (ours["msgs_per_s"], ours["spread"], ours["ratio_to_ours"], ours["runs"]) == (100.0, [90.0, 110.0], 1.0, 3)
    assert (faust["msgs_per_s"], faust["ratio_to_ours"], faust["lost"]) == (4.0, 0.04, 2)
    assert rows_of([run("W0", "faust", 4.0)])[0]["ratio_to_ours"] is None


def test_goals_are_judged_where_their_systems_ran() -> None:
    rows = rows_of([run("W0", OURS, 100.0), run("W0", "faust", 4.0), run("W0", "bare-eos", 150.0)])
    told = {goal["what"]: (goal["value"], goal["met"]) for goal in judged([*rows, failed_row("W0", "quix-eos", "x")])}
    assert told == {"times stock Faust": (25.0, False), "of the tuned bare loop, both with transactions": (0.67, True)}


def test_calls_and_latency_are_judged_the_other_way_round() -> None:
    latency = {"workload": "W4", "system": "meshline-idle", "msgs_per_s": 20.0, "p99_ms": 21.0}
    rows = rows_of([run("W3", "meshline-sinks", 2000.0), run("W3", "parallel-consumer", 1500.0)])
    told = [(goal["workload"], goal["value"], goal["met"]) for goal in judged([*rows, latency])]
    assert told == [("W3", 0.75, True), ("W4", 21.0, False)]


def test_every_goal_names_systems_that_take_part() -> None:
    names = {(workload, system.name) for system in SYSTEMS for workload in system.workloads}
    rows = rows_of([run(workload, system, 1.0) for workload, system in names])
    latencies = [
        {"workload": "W4", "system": f"{OURS}-{name}", "msgs_per_s": 1.0, "p99_ms": 1.0} for name in ("half", "idle")
    ]
    assert len(judged([*rows, *latencies])) == len(GOALS)


class Shown:
    """Topics whose ends grow as told, and the program that fills them."""

    peak_mb = 1.0
    runs = True

    def __init__(self, ends: Iterator[int]) -> None:
        self._ends = ends
        self._last = 0

    def ends(self, *_: Any, committed: bool = False) -> int:
        self._last = next(self._ends, self._last)
        return self._last

    def cpu(self) -> float:
        return self._last / 1000

    def memory_mb(self) -> float:
        return 1.0

    def last_words(self) -> str:
        return "something"


def test_the_rate_is_that_after_the_warm_up() -> None:
    shown: Any = Shown(iter(()))
    watch = Watch(shown, shown, ["out"], 1, 1000)
    watch._looks = [Look(0.0, 0, 0.0), Look(10.0, 100, 1.0), Look(11.0, 300, 2.0), Look(12.0, 1000, 2.7)]
    assert watch.rate == pytest.approx(800 / 1.5)
    assert watch.cpu_s_per_million == pytest.approx(1.2 / 800 * 1e6)


def test_a_system_that_ends_is_a_failed_run_that_says_why() -> None:
    shown: Any = Shown(iter((0, 5, 9)))
    shown.runs = False
    with pytest.raises(RunFailed, match="something"):
        Watch(shown, shown, ["out"], 1, 1000).until_done()


def test_the_slope_is_that_of_the_line_through_the_points() -> None:
    assert slope_of([{"x": x, "y": 3 * x + 1} for x in range(10)]) == pytest.approx(3)
    assert slope_of([{"x": 1, "y": 1}]) == 0


def test_the_peers_artifacts_are_locked() -> None:
    lock = Path(contract.__file__).with_name("jars.lock")
    assert all(locked(name, lock) for name in ("streams", "parallel", "compiler"))
    for environment in ("bare", "faust", "quix", "bytewax"):
        text = lock.with_name(f"{environment}.lock").read_text()
        assert "--hash=sha256:" in text
        assert "==" in text


def test_a_result_is_drawn(tmp_path: Path) -> None:
    rows = rows_of([run("W0", OURS, 100.0), run("W0", "faust", 4.0)])
    points = [{"x": 10, "y": 5.0, "peak_mb": 3}, {"x": 100, "y": 6.0, "peak_mb": 3}]
    curve = {"title": "t", "x": "messages", "y": "rate", "log": True, "points": points}
    result = {"rows": rows, "curves": {"backlog": curve}}
    written = draw(result, tmp_path)
    assert [path.name for path in written] == ["line-w0.svg", "line-backlog.svg"]
    first = written[0].read_bytes()
    assert first == draw(result, tmp_path)[0].read_bytes()
    assert replace(W0, payload=1) != W0


@pytest.mark.parametrize("arguments", [["--workload", "W9"], ["--system", "flink"], ["--repeats", "-1"]])
def test_a_name_that_is_none_is_wrong_usage(arguments: list[str]) -> None:
    told = CliRunner().invoke(build_app("bench"), ["bench", "line", *arguments])
    assert told.exit_code == 2


def test_rows_and_goals_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of([run("W0", OURS, 100_000.0), run("W0", "faust", 4_000.0)])
    latency = {"workload": "W4", "system": "meshline-idle", "msgs_per_s": 20.0, "p50_ms": 5.0, "p99_ms": 9.0}
    rows += [failed_row("W0", "bytewax", "no wheel"), latency]
    points = [{"x": 1000, "y": 5000.0}]
    curve = {"title": "rate by keys", "x": "keys", "y": "rate", "points": points, "remark": "breaks at 2,000"}
    _print({"rows": rows, "goals": judged(rows), "curves": {"keys": curve}})
    shown = capsys.readouterr().out
    for words in ("100,000", "no wheel", "p99 9.0 ms", "1,000: 5,000", "breaks at 2,000", "missed W0  25 times stock"):
        assert words in shown
