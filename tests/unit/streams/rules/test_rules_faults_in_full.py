"""What the check says of a set of rules, whole. A change that is meant: see `write_faults.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from streams.rules.check import faults_of
from streams.rules.decisions import DECISIONS
from tests.unit.streams.rules.fault_rows import SETS
from tests.unit.streams.rules.rule_texts import row, rule, texts

FAULTS = Path(__file__).with_name("faults.yaml")
KEPT: dict[str, list[str]] = yaml.safe_load(FAULTS.read_text("utf-8"))


def found(name: str) -> list[str]:
    given, without = SETS[name]
    return [f"{fault.where}: {fault.what}" for fault in faults_of(texts(*given, without=without))]


@pytest.mark.parametrize("name", SETS)
def test_what_is_wrong_with_a_set(name: str) -> None:
    assert found(name) == KEPT[name]


def test_nothing_is_kept_of_sets_that_are_not_there() -> None:
    assert list(KEPT) == list(SETS)


def test_what_cannot_be_read_as_an_expression_is_told_with_its_text() -> None:
    given = rule(row("country =", examples=[{"facts": {}, "value": 2000}]))
    (fault, *_) = faults_of(texts(given))
    assert fault.what.startswith("r1, row 1: country =: Failed to parse")
    assert "\n" not in fault.what
    assert "  " not in fault.what


def test_a_rule_on_what_nobody_asks_is_told_what_is_asked() -> None:
    given = rule(row(examples=[{"facts": {}, "value": 2000}]), decides="weather")
    (fault, *_) = faults_of(texts(given))
    assert fault.what == f"r1: decides weather, which is none of {', '.join(DECISIONS)}"
