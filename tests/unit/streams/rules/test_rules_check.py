"""What the check finds, and that the shipped rules have none of it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ops.rules.page import rules_page
from streams.rules import Unreadable, read_folder, read_rule, rules_of, shipped, shipped_texts
from streams.rules.check import faults_of
from streams.rules.decisions import DECISIONS
from tests.unit.streams.rules.rule_texts import row, rule, texts

ROOT = Path(__file__).parents[4]
GOOD = [{"facts": {}, "value": 2000}]


def told(*rules: dict[str, Any], without: str = "discount-threshold") -> str:
    return "\n".join(f"{fault.where}: {fault.what}" for fault in faults_of(texts(*rules, without=without)))


def test_the_shipped_rules_have_no_fault_and_an_example_for_every_row() -> None:
    assert faults_of(shipped_texts()) == []
    assert {rule.decides for rule in shipped().rules} == set(DECISIONS)
    assert all(row.examples for rule in shipped().rules for row in rule.rows)


def test_the_page_is_as_the_rules_are() -> None:
    """`meshline rules list --page > ops/docs/rules.md` writes it."""
    assert (ROOT / "ops" / "docs" / "rules.md").read_text("utf-8") == rules_page(shipped())


def test_a_good_rule_has_no_fault() -> None:
    ok = rule(row('country == "DE"', "1500", [{"facts": {"country": "DE"}, "value": 1500}]), row(examples=GOOD))
    assert told(ok) == ""


def test_two_rules_that_answer_differently_are_a_contradiction_at_the_one_fact_where_they_do() -> None:
    small = rule(row("amount_minor < 70001", "1000", [{"facts": {"amount_minor": 5}, "value": 1000}]), id="small")
    large = rule(row("amount_minor >= 70000", "2000", [{"facts": {"amount_minor": 70000}, "value": 2000}]), id="large")
    found = told(small, large)
    assert "large version 1 (row 1) says 2000, small version 1 (row 1) says 1000" in found
    assert "'amount_minor': 70000" in found
    assert "gap" not in found
    fixed = rule(row("amount_minor < 70000", "1000", [{"facts": {"amount_minor": 5}, "value": 1000}]), id="small")
    assert told(fixed, large) == ""


def test_a_gap_of_one_minor_unit_is_found() -> None:
    small = rule(row("amount_minor < 70000", "1000", [{"facts": {"amount_minor": 5}, "value": 1000}]), id="small")
    large = rule(row("amount_minor > 70000", "2000", [{"facts": {"amount_minor": 70001}, "value": 2000}]), id="large")
    assert "gap: no rule answers, always, for" in told(small, large)
    assert "70000" in told(small, large)


def test_two_rules_contradict_only_while_both_are_in_force() -> None:
    first = rule(row(examples=GOOD), id="first", to="2026-06-01T00:00:00Z")
    second = rule(row(value="1", examples=[{"facts": {}, "value": 1}]), id="second", from_="2026-06-01T00:00:00Z")
    assert told(first, second) == ""
    early = {**second, "from": "2026-05-31T23:59:59Z"}
    assert "contradiction: first version 1 (row 1) says 2000, second version 1 (row 1) says 1" in told(first, early)
    assert "from 2026-05-31T23:59:59+00:00" in told(first, early)


def test_versions_of_a_rule_follow_each_other_and_one_version_is_there_once() -> None:
    one = rule(row(examples=GOOD), to="2026-06-01T00:00:00Z")
    two = rule(row(examples=GOOD), version=2, from_="2026-06-01T00:00:00Z")
    assert told(one, two) == ""
    assert "r1 version 1 is there twice" in told(one, {**two, "version": 1})


def test_the_version_is_of_what_the_rules_say_not_of_how_they_are_written() -> None:
    usual = shipped_texts()
    noted = {name: f"# a note\n{text}\n" for name, text in usual.items()}
    renamed = {f"z{name}": text for name, text in usual.items()}
    assert shipped().version == rules_of(noted).version == rules_of(renamed).version
    changed = {name: text.replace('"2000"', '"2001"') for name, text in usual.items()}
    assert rules_of(changed).version != shipped().version


def test_what_is_no_yaml_or_no_folder_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"a\.yaml: while parsing"):
        read_rule("a.yaml", "a: [")
    with pytest.raises(Unreadable, match=r"a\.yaml: the file"):
        read_rule("a.yaml", "- 1")
    with pytest.raises(Unreadable, match="there is no rule here"):
        read_folder(tmp_path)
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(Unreadable, match="decode"):
        read_folder(tmp_path)
    (tmp_path / "a.yaml").write_text(shipped_texts()["flows.yaml"], "utf-8")
    assert read_folder(tmp_path) == {"a.yaml": shipped_texts()["flows.yaml"]}


def test_dates_without_a_zone_are_refused() -> None:
    text = shipped_texts()["flows.yaml"].replace("from: null", "from: 2026-01-01T00:00:00")
    with pytest.raises(Unreadable, match="timezone"):
        read_rule("flows.yaml", text)
    good = read_rule("flows.yaml", text.replace("00:00:00", "00:00:00+02:00"))
    assert good.start == datetime.fromisoformat("2025-12-31T22:00:00Z")


@pytest.mark.parametrize("value", ['duration("-1s")', "5", "true", '"1h"'])
def test_a_wait_is_a_duration_that_is_not_negative(value: str) -> None:
    bad = rule(row(value=value, examples=[{"facts": {}, "value": "1h"}]), decides="hold.account")
    assert "is not a duration" in told(bad, without="hold-for-account")


def test_a_wait_of_nothing_at_all_is_one() -> None:
    none = rule(row(value='duration("0s")', examples=[{"facts": {}, "value": "0s"}]), decides="hold.account")
    assert told(none, without="hold-for-account") == ""
