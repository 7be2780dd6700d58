"""The table of evolution cases, through the gate and through the `avro` package's checker."""

from __future__ import annotations

import json

import pytest

from schemas.gate.modes import Mode
from schemas.gate.parse import schema_of
from schemas.gate.reference import CORRECTIONS, Reference, correction
from schemas.gate.resolution import Resolution
from tests.golden.evolution.cases import Case, cases, differences
from tests.unit.schemas.gate.gate_examples import checked, rules

CASES = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)


def test_the_table_is_large_enough() -> None:
    assert len(cases()) >= 60
    assert len({case.name for case in cases()}) == len(cases())


@CASES
def test_resolution_says_what_the_table_says(case: Case) -> None:
    for mode in Mode:
        pairs = [(schema_of(reader), schema_of(writer)) for reader, writer in case.questions(mode)]
        refused = not all(Resolution(reader.root, writer.root).compatible for reader, writer in pairs)
        assert refused == (mode in case.avro_refuses), mode


@CASES
def test_the_gate_finds_what_the_table_says(case: Case) -> None:
    texts = [json.dumps(version) for version in case.versions]
    for mode in Mode:
        assert sorted(rules(checked(*texts, mode=mode))) == case.gate_finds.get(mode, []), mode


@CASES
def test_what_avro_refuses_the_gate_finds(case: Case) -> None:
    assert case.avro_refuses <= set(case.gate_finds)


def test_every_difference_from_avro_is_listed_with_its_reason() -> None:
    found = {
        (case.name, mode, tuple(found))
        for case in cases()
        for mode, found in case.gate_finds.items()
        if mode not in case.avro_refuses
    }
    listed = {(entry["case"], Mode(mode), tuple(entry["rules"])) for entry in differences() for mode in entry["modes"]}
    assert found == listed
    assert all(len(entry["because"]) > 20 for entry in differences())


@CASES
def test_the_package_agrees_or_a_correction_says_why(case: Case) -> None:
    reference = Reference()
    for asked, written in case.questions(Mode.FULL_TRANSITIVE):
        reader, writer = schema_of(asked), schema_of(written)
        ours = Resolution(reader.root, writer.root)
        theirs = reference.compatible(reader, writer)
        if theirs != ours.compatible:
            assert correction(reader, writer, ours, theirs) in CORRECTIONS


def test_each_correction_has_a_case() -> None:
    reference = Reference()
    needed = set()
    for case in cases():
        for asked, written in case.questions(Mode.FULL_TRANSITIVE):
            reader, writer = schema_of(asked), schema_of(written)
            ours = Resolution(reader.root, writer.root)
            theirs = reference.compatible(reader, writer)
            if theirs != ours.compatible:
                needed.add(correction(reader, writer, ours, theirs))
    assert needed == set(CORRECTIONS)


@CASES
def test_a_plain_answer_needs_no_second_opinion(case: Case) -> None:
    """What the resolution calls plain, the package says too, corrected: that is why it is not asked then."""
    reference = Reference()
    for asked, written in case.questions(Mode.FULL_TRANSITIVE):
        reader, writer = schema_of(asked), schema_of(written)
        ours = Resolution(reader.root, writer.root)
        if ours.compatible and not ours.delicate:
            theirs = reference.compatible(reader, writer)
            assert theirs or correction(reader, writer, ours, theirs) == "error_record"
