"""The alert rules are the catalogue's: every reason, its owner, its runbook, and metrics that exist."""

from __future__ import annotations

import re

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from ops.alerts.rules import rules
from ops.alerts.write import FILE, text
from schemas.reasons import Reason, catalogue
from streams.runtime import metrics
from tests.architecture.test_commands import _problem
from tests.architecture.tree import ROOT

DOCUMENT = yaml.safe_load(FILE.read_text("utf-8"))
RULES = [rule for group in DOCUMENT["groups"] for rule in group["rules"]]


def test_the_file_is_what_the_catalogue_makes() -> None:
    assert FILE.read_text("utf-8") == text()
    assert rules() == DOCUMENT


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_has_its_alerts_with_owner_severity_and_runbook(reason: Reason) -> None:
    mine = [rule for rule in RULES if f'reason="{reason.value}"' in rule["expr"]]
    entry = catalogue()[reason]
    assert len(mine) == 2
    for rule in mine:
        assert (rule["labels"]["owner"], rule["labels"]["backup"]) == (entry.owner, entry.backup)
        assert (rule["labels"]["severity"] == "page") == (entry.impact == "A")
        assert (ROOT / rule["annotations"]["runbook"]).is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_asks_for_metrics_that_exist_and_says_what_to_type(rule: dict[str, dict[str, str]]) -> None:
    ours = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    known = {one._name + ("_total" if one._type == "counter" else "") for one in ours}
    asked = set(re.findall(r"mesh_\w+", str(rule["expr"])))
    assert asked
    assert asked <= known
    assert _problem(rule["annotations"]["type"].split()[1:]) is None


def test_alerts_have_names_of_their_own() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
