"""Three judges of one question: the gate's first layer, Avro's Java library, and the registry that runs.

Every case of the table, in every mode. What our own rules add to it is listed in
`tests/golden/evolution/differences.yaml`, and the registry is held to accept exactly that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from ops.bench.gate.jvm_judge import judge
from schemas.gate.modes import Mode
from schemas.gate.parse import schema_of
from schemas.gate.resolution import Resolution
from tests.golden.evolution.cases import Case, cases, differences
from tests.stack import Running


def _ours(case: Case, mode: Mode) -> bool:
    pairs = [(schema_of(reader), schema_of(writer)) for reader, writer in case.questions(mode)]
    return all(Resolution(reader.root, writer.root).compatible for reader, writer in pairs)


def test_avros_java_library_says_the_same_of_every_case_in_every_mode() -> None:
    asked = [(case, mode, case.questions(mode)) for case in cases() for mode in Mode]
    questions = [{"reader": reader, "writer": writer} for _, _, pairs in asked for reader, writer in pairs]
    with judge() as java:
        answers = iter(java.ask(questions))
        wrong = {}
        for case, mode, pairs in asked:
            said = [next(answers) for _ in pairs]
            compatible = all(answer.get("compatible", False) for answer in said)
            if compatible != _ours(case, mode):
                wrong[case.name, mode.value] = said
    assert wrong == {}


@pytest.fixture
def registry(stack: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.settings.registry_url, timeout=30) as client:
        yield client


def _register(registry: httpx.Client, subject: str, schema: Any) -> None:
    body = {"schema": json.dumps(schema), "schemaType": "AVRO"}
    registry.post(f"/subjects/{subject}/versions", json=body).raise_for_status()


def _accepts(registry: httpx.Client, subject: str, mode: Mode, schema: Any) -> bool:
    """The registry's verdict. Without a version it compares with all of them, whatever the mode is."""
    registry.put(f"/config/{subject}", json={"compatibility": mode.value}).raise_for_status()
    body = {"schema": json.dumps(schema), "schemaType": "AVRO"}
    versions = "versions" if mode.transitive else "versions/latest"
    answer = registry.post(f"/compatibility/subjects/{subject}/{versions}", json=body)
    if answer.status_code == 422:  # an alias that matches two fields: Avro's checker raises there
        return False
    answer.raise_for_status()
    return bool(answer.json()["is_compatible"])


def test_the_registry_says_the_same_of_every_case_in_every_mode(registry: httpx.Client) -> None:
    wrong: dict[str, list[str]] = {}
    for case in cases():
        subject = f"gate-case-{uuid4().hex}"
        registry.put(f"/config/{subject}", json={"compatibility": "NONE"})
        for version in case.versions[:-1]:
            _register(registry, subject, version)
        try:
            for mode in Mode:
                if _accepts(registry, subject, mode, case.versions[-1]) != _ours(case, mode):
                    wrong.setdefault(case.name, []).append(mode.value)
        finally:
            registry.delete(f"/subjects/{subject}")
            registry.delete(f"/subjects/{subject}", params={"permanent": "true"})
    assert wrong == {}


def test_what_our_own_rules_add_both_of_them_accept() -> None:
    """The reason for the second layer: every listed difference is a change that Avro's library lets through."""
    by_name = {case.name: case for case in cases()}
    listed = [(by_name[entry["case"]], Mode(mode)) for entry in differences() for mode in entry["modes"]]
    with judge() as java:
        questions = [pair for case, mode in listed for pair in case.questions(mode)]
        said = java.ask([{"reader": reader, "writer": writer} for reader, writer in questions])
    assert len(listed) > 100
    assert all(answer["compatible"] for answer in said)
