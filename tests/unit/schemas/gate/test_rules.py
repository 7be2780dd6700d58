from __future__ import annotations

import re

from schemas.gate.rules import catalogue, find_rule
from tests.architecture.tree import ROOT


def test_every_rule_is_used_and_every_rule_that_is_used_is_explained() -> None:
    sources = [path for path in (ROOT / "schemas" / "gate").glob("*.py") if path.name != "rules.py"]
    used = {rule for path in sources for rule in re.findall(r'"(ML\d{3})"', path.read_text("utf-8"))}
    assert used == set(catalogue())


def test_the_page_in_the_docs_lists_them() -> None:
    page = (ROOT / "ops" / "docs" / "schema-gate.md").read_text("utf-8")
    for rule in catalogue().values():
        assert f"| {rule.id} | `{rule.name}` | {rule.title} | {rule.severity}" in page


def test_a_rule_is_found_by_id_and_by_name() -> None:
    rule = catalogue()["ML011"]
    assert find_rule("ml011") == find_rule("Decimal-Scale-Changed") == rule
    assert find_rule("ML999") is None
    assert "1234.56 written with scale 2 is read as 12.3456" in rule.page()
