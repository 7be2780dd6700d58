"""What a run says, to programs and to people."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.chaos.delivery.campaign import Campaign
from ops.chaos.delivery.crash_points import POINTS
from ops.chaos.delivery.crashing import CrashResult
from ops.chaos.delivery.judge import DUPLICATE, LOST, Finding, Verdict
from ops.chaos.delivery.mutants.trial import Trial
from ops.chaos.delivery.report import Report, save, saved
from ops.chaos.delivery.run import Outcome
from ops.cli import build_app

ASKED = {"inputs", "outputs", "lost", "duplicates", "order_violations", "kills", "mutants", "mutants_caught"}
CAUGHT = Trial("a", "why", "test_a.py::test_b", None)
MISSED = Trial("b", "offsets would pass", "", "")


def outcome(verdict: Verdict | None = None, **more: object) -> Outcome:
    return Outcome(Campaign(), verdict or Verdict(inputs=5, outputs=5), kills=2, **more)  # type: ignore[arg-type]


def lossy() -> Verdict:
    verdict = Verdict(inputs=5, outputs=4)
    verdict.add(Finding(LOST, 7, 3, "input partition 1 offset 9 was acknowledged and has no output"))
    return verdict


def test_the_keys_that_programs_rely_on_are_there() -> None:
    report = Report(outcome(), [CAUGHT])
    data = json.loads(json.dumps(report.data()))
    assert data.keys() >= ASKED
    assert {key: data[key] for key in ASKED} == {
        "inputs": 5, "outputs": 5, "lost": 0, "duplicates": 0, "order_violations": 0, "kills": 2,
        "mutants": 1, "mutants_caught": 1,
    }  # fmt: skip
    assert report.good
    assert report.trouble() == []


@pytest.mark.parametrize(
    ("report", "word"),
    [
        (Report(outcome(lossy())), "key k7 number 3: input partition 1 offset 9"),
        (Report(outcome(lossy(), where=Path("somewhere"))), "somewhere"),
        (Report(outcome(), [CAUGHT, MISSED]), "mutant b was not caught, though offsets would pass"),
        (Report(outcome(judge_objects={"a record deleted": False})), "the judge did not object to a record deleted"),
        (Report(outcome(), (), [CrashResult(POINTS[0], 2, 1, Verdict())]), "died there 1 of 2 times"),
        (Report(outcome(), (), [CrashResult(POINTS[0], 2, 1, Verdict(), ("life 2: exit 1",))]), "life 2: exit 1"),
        (Report(outcome(), (), [CrashResult(POINTS[0], 1, 1, lossy())]), f"crash point {POINTS[0].name}: lost"),
    ],
)
def test_whatever_is_wrong_makes_it_bad_and_is_said(report: Report, word: str) -> None:
    assert not report.good
    assert any(word in line for line in report.trouble())


def test_losses_at_crash_points_count() -> None:
    assert Report(outcome(lossy()), (), [CrashResult(POINTS[0], 1, 1, lossy())]).data()["lost"] == 2


def test_repeats_that_at_least_once_allows_at_its_crash_points_are_no_duplicates() -> None:
    repeated = Verdict(inputs=1, outputs=2)
    repeated.add(Finding(DUPLICATE, 1, 0, "again"))
    point = next(point for point in POINTS if point.guarantee == "at-least-once")
    report = Report(outcome(), (), [CrashResult(point, 1, 1, repeated)])
    assert report.good
    assert report.data()["duplicates"] == 0
    assert report.data()["crash_points"][0]["duplicates"] == 1


def test_the_last_full_run_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "results" / "delivery.json"
    assert saved(path) is None
    save(Report(outcome(), [CAUGHT]), datetime(2026, 3, 2, tzinfo=UTC), path)
    kept = saved(path)
    assert kept is not None
    assert kept["date"] == "2026-03-02"
    assert {"machine", "versions", "campaign", *ASKED} <= kept.keys()


def test_a_part_that_was_left_out_stays_as_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "delivery.json"
    save(Report(outcome(), [CAUGHT]), datetime(2026, 3, 2, tzinfo=UTC), path)
    quiet = Outcome(Campaign(kills=0), Verdict(inputs=1, outputs=1), kills=0)
    save(Report(quiet, (), [CrashResult(POINTS[0], 2, 2, Verdict())]), datetime(2026, 3, 3, tzinfo=UTC), path)
    kept = saved(path)
    assert kept is not None
    assert (kept["inputs"], kept["kills"], kept["mutants_caught"], kept["crash_deaths"]) == (5, 2, 1, 2)
    assert kept["dates"] == {"crash_points": "2026-03-03", "campaign": "2026-03-02", "mutants": "2026-03-02"}
    assert kept["good"]
    save(Report(quiet, (), [CrashResult(POINTS[0], 2, 2, lossy())]), datetime(2026, 3, 4, tzinfo=UTC), path)
    worse = saved(path)
    assert worse is not None
    assert (worse["lost"], worse["good"], len(worse["crash_points"])) == (1, False, 1)


def test_crash_points_have_names_of_their_own() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS) >= 20


def test_a_dry_run_prints_the_plan_and_does_nothing() -> None:
    run = CliRunner().invoke(build_app("chaos"), ["chaos", "delivery", "--long", "--dry-run", "--json"])
    assert run.exit_code == 0
    plan = json.loads(run.stdout)
    assert (plan["campaign"]["messages"], plan["campaign"]["kills"], plan["campaign"]["brokers"]) == (2_000_000, 200, 3)
    assert plan["times_each"] == 20
    assert len(plan["faults"]) > 200


def test_two_brokers_are_refused_in_words() -> None:
    run = CliRunner().invoke(build_app("chaos"), ["chaos", "delivery", "--brokers", "2", "--dry-run"])
    assert run.exit_code == 2
    assert "one broker, or three" in run.output


def test_a_crash_point_that_is_run_again_takes_its_own_row_only(tmp_path: Path) -> None:
    path, day = tmp_path / "delivery.json", datetime(2026, 3, 2, tzinfo=UTC)
    quiet = Outcome(Campaign(kills=0), Verdict(inputs=1, outputs=1), kills=0)
    save(Report(quiet, (), [CrashResult(one, 2, 1, Verdict()) for one in POINTS[:2]]), day, path)
    save(Report(quiet, (), [CrashResult(POINTS[1], 2, 2, Verdict())]), day, path)
    kept = saved(path)
    assert kept is not None
    assert [(row["point"], row["deaths"]) for row in kept["crash_points"]] == [
        (POINTS[0].name, 1),
        (POINTS[1].name, 2),
    ]
    assert kept["crash_deaths"] == 3


def test_one_crash_point_can_be_asked_for_by_name() -> None:
    words = ["chaos", "delivery", "--point", POINTS[3].name, "--dry-run", "--json"]
    assert json.loads(CliRunner().invoke(build_app("chaos"), words).stdout)["crash_points"] == 1
    refused = CliRunner().invoke(build_app("chaos"), ["chaos", "delivery", "--point", "lunch", "--dry-run"])
    assert refused.exit_code == 2
    assert "no crash point is called" in refused.output
