from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from schemas.gate.findings import Report
from schemas.gate.formats import FORMATS, as_github, as_json, as_junit, as_sarif, as_text
from schemas.gate.terms import Terms
from tests.unit.schemas.gate.gate_examples import AMOUNT, checked, field, record

CLEAN = checked(record(), record())
RESCALED = checked(record(field("total", AMOUNT)), record(field("total", {**AMOUNT, "scale": 4})))
KEYS = ["file", "line", "column", "pointer", "rule", "subject", "version", "owner", "message", "counter_example"]


def test_json_has_exactly_these_keys() -> None:
    assert json.loads(as_json(CLEAN)) == {"findings": [], "checked": 2}
    document = json.loads(as_json(RESCALED))
    assert list(document) == ["findings", "checked"]
    assert [list(finding) for finding in document["findings"]] == [KEYS]
    assert document["findings"][0]["line"] == 12


def test_text_names_the_place_the_rule_the_owner_and_what_to_do() -> None:
    text = as_text(RESCALED)
    assert text.startswith("Order/v2.avsc:12:18: ML011 decimal-scale-changed [Order v2]\n")
    assert "1234.56 would be read as 12.3456 by a JVM reader" in text
    assert "Talk to sales" in text
    assert "To do: Never change a scale." in text
    assert text.endswith("2 schemas checked: 1 finding")
    assert as_text(Report((), 1, "main", 2)) == "1 schema checked against main: nothing breaks, 2 waived"


def test_junit_is_a_failed_case_per_finding() -> None:
    suite = ElementTree.fromstring(as_junit(RESCALED)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    case = suite.find("testcase")
    assert case is not None
    assert (case.get("file"), case.get("line"), case.get("classname")) == ("Order/v2.avsc", "12", "Order")
    passed = ElementTree.fromstring(as_junit(CLEAN)).find("testsuite/testcase")
    assert passed is not None
    assert list(passed) == []


def test_github_annotations_are_one_line_each_and_escaped() -> None:
    first, last = as_github(RESCALED).splitlines()
    assert first.startswith("::error file=Order/v2.avsc,line=12,col=18,title=ML011 decimal-scale-changed (Order v2)::")
    assert last == "2 schemas checked: 1 finding"
    told = as_github(checked(record(field("a")), record(owner="a\nb"), terms=Terms()))
    assert "Talk to a%0Ab" in told.splitlines()[0]
    awkward = checked(record(field("a", "int", default="50%\n::error::")))
    assert "50%25\\n" in as_github(awkward).splitlines()[0]


def test_sarif_has_the_rule_and_the_region() -> None:
    run = json.loads(as_sarif(RESCALED))["runs"][0]
    (result,) = run["results"]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "ML011"
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 12, "startColumn": 18}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_control_characters(name: str) -> None:
    report = checked(record(field("a", "int", default="\x00\x1b]\ud800")))
    written = FORMATS[name](report).encode("utf-8", "surrogatepass")
    assert b"ML061" in written
    if name == "junit":
        ElementTree.fromstring(written)
