"""One catalogue of reasons: the enum, the file, the dead-letter topics and the runbooks are the same list."""

from __future__ import annotations

import re

import pytest
import yaml

from schemas.reasons import Reason, catalogue
from schemas.topics import DEAD_LETTER, TOPICS
from tests.architecture.tree import ROOT

CODES = [reason.value for reason in Reason]
RUNBOOKS = ROOT / "ops" / "runbooks"


def test_the_enum_is_the_file() -> None:
    document = yaml.safe_load((ROOT / "schemas" / "reasons.yaml").read_text("utf-8"))
    assert list(document["reasons"]) == CODES
    assert list(catalogue()) == list(Reason)


def test_each_reason_has_its_topic() -> None:
    assert {reason.value: topic.name for reason, topic in DEAD_LETTER.items()} == {c: f"mesh.dlq.{c}" for c in CODES}
    assert [topic.name for topic in TOPICS if topic.name.startswith("mesh.dlq.")] == [f"mesh.dlq.{c}" for c in CODES]


def test_each_reason_has_its_runbook_and_no_other_is_there() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_runbook_says_what_to_check_and_type_and_whom_to_call(code: str) -> None:
    text = (RUNBOOKS / f"{code}.md").read_text("utf-8")
    assert text.startswith(f"# {code}\n")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What it means", "Check", "Type", "Escalate"]
    assert f"meshline dlq list --reason {code}" in text
    assert "meshline dlq show" in text
    entry = catalogue()[Reason(code)]
    assert entry.owner in text
    assert entry.backup in text
    assert ("meshline dlq replay" in text) == entry.retryable, "a runbook offers a replay where one can help"


def test_no_two_runbooks_are_copies() -> None:
    sentences = [
        {line for line in path.read_text("utf-8").splitlines() if len(line) > 60} for path in RUNBOOKS.glob("*.md")
    ]
    seen: set[str] = set()
    for lines in sentences:
        assert not lines & seen
        seen |= lines
