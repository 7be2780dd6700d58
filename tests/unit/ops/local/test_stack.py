"""The stack with parts that are `sleep`: what is started, what is stopped, in which order, and what failure says."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from ops.local.errors import NotReady, PartFailed
from ops.local.part import Part, Place
from ops.local.process import Command
from ops.local.stack import Report, Stack


class Sleeper:
    """A part whose process is `sleep`; `story` is what was asked of all parts."""

    patience = 5.0
    stop_signal = signal.SIGTERM

    def __init__(self, place: Place, story: list[str], name: str, needs: Sequence[str] = (), says: str = "") -> None:
        self.name, self.needs, self.title, self._place, self._says = name, tuple(needs), name.title(), place, says
        self.ports, self.given_by, self.logs = (name,), (f"MESHLINE_{name.upper()}",), (place.home.log(name),)
        self._story = story

    def endpoints(self) -> dict[str, str]:
        return {self.given_by[0]: f"127.0.0.1:{self._place.port(self.name)}"}

    def prepare(self) -> None:
        self._place.home.folder.mkdir(exist_ok=True)

    def prime(self) -> None:
        self._story.append(f"prime {self.name}")

    def command(self) -> Command:
        return Command(["sh", "-c", self._says or "exec sleep 60"], self._place.home.folder)

    def probe(self) -> None:
        if self._says:
            raise NotReady("no")

    def examine(self) -> None: ...

    def forget(self) -> None:
        self._story.append(f"forget {self.name}")

    def settle(self) -> None:
        self._story.append(f"settle {self.name}")


Make = Callable[..., Stack]


@pytest.fixture
def story() -> list[str]:
    return []


@pytest.fixture
def make(tmp_path: Path, story: list[str]) -> Iterator[Make]:
    def stack(broken: str = "", **given: str) -> Stack:
        def parts(place: Place) -> list[Part]:
            return [Sleeper(place, story, "ground"), Sleeper(place, story, "house", ["ground"], broken)]

        return Stack(tmp_path / "home", given, parts)

    yield stack
    stack().down(lambda _: None)


def _up(stack: Stack, *only: str) -> dict[str, Report]:
    return {report.part: report for report in stack.up(lambda _: None, only)}


def test_what_others_need_is_settled_before_they_are_primed(make: Make, story: list[str]) -> None:
    _up(make())
    assert story == ["prime ground", "settle ground", "prime house", "settle house"]


def test_only_what_is_missing_is_started_and_on_the_same_port(make: Make) -> None:
    first = _up(make())
    house = first["house"].pid
    assert house is not None
    process = psutil.Process(house)
    process.kill()
    process.wait(5)
    looked = {report.part: report.answers for report in make().status()}
    assert looked == {"ground": True, "house": False}
    again = _up(make())
    assert {name: report.state for name, report in again.items()} == {"ground": "running", "house": "started"}
    assert again["ground"].pid == first["ground"].pid
    assert again["house"].port == first["house"].port


def test_down_stops_dependants_first_and_a_second_down_stops_nothing(make: Make) -> None:
    _up(make())
    stopped: list[str] = []
    make().down(lambda report: stopped.append(report.part))
    assert stopped == ["house", "ground"]
    assert {report.state for report in make().down(lambda _: None)} == {"down"}


def test_asking_for_one_part_starts_what_it_needs_and_no_more(make: Make) -> None:
    assert set(_up(make(), "ground")) == {"ground"}
    assert set(_up(make(), "house")) == {"ground", "house"}


def test_a_part_that_dies_is_named_with_its_last_lines_and_the_others_stay_up(make: Make) -> None:
    with pytest.raises(PartFailed) as failure:
        _up(make(broken="echo the cause; exit 3"))
    assert failure.value.part == "House"
    assert failure.value.log == ["the cause"]
    assert "log" in failure.value.advice
    assert {report.part: report.answers for report in make().status()} == {"ground": True, "house": False}


def test_a_given_part_is_not_started(make: Make) -> None:
    reports = _up(make(MESHLINE_GROUND="theirs:1"))
    assert (reports["ground"].state, reports["ground"].pid) == ("given", None)
    assert reports["house"].state == "started"


def test_wipe_forgets_everything(make: Make, tmp_path: Path, story: list[str]) -> None:
    _up(make())
    make().down(lambda _: None, wipe=True)
    assert not (tmp_path / "home").exists()
    assert {"forget ground", "forget house"} <= set(story)


class Old(Sleeper):
    """It says once that it is older than what it has to serve."""

    def outdated(self) -> bool:
        return self._story.count("prime house") == 1


def test_what_runs_and_is_outdated_is_primed_and_started_again(tmp_path: Path, story: list[str]) -> None:
    def parts(place: Place) -> list[Part]:
        return [Sleeper(place, story, "ground"), Old(place, story, "house", ["ground"])]

    try:
        pids = [_up(Stack(tmp_path / "home", {}, parts))["house"] for _ in range(3)]
        assert [report.state for report in pids] == ["started", "started", "running"]
        assert pids[0].pid != pids[1].pid == pids[2].pid
        assert story.count("prime house") == 2
        assert story.count("prime ground") == 1
    finally:
        Stack(tmp_path / "home", {}, parts).down(lambda _: None)
