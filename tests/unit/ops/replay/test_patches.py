"""A patch is data: its examples are its tests, and what no example tries counts as wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ops.cases.errors import BadAsk
from ops.replay.patches.model import Change, Patch
from ops.replay.patches.transform import differing, faults_of, transformed

GOOD: dict[str, Any] = {
    "name": "sku-renamed",
    "why": "renamed since March",
    "reviewed_by": "ada",
    "selection": {"reason": "missing_product"},
    "changes": [{"field": "lines.*.sku", "map": {"OLD": "NEW"}}],
    "examples": [
        {"before": {"lines": [{"sku": "OLD"}, {"sku": "X"}]}, "after": {"lines": [{"sku": "NEW"}, {"sku": "X"}]}}
    ],
}


def patch(**other: Any) -> Patch:
    return Patch.model_validate(GOOD | other)


def test_a_patch_whose_examples_hold_has_no_faults() -> None:
    assert faults_of(patch()) == []


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"changes": [{"field": "lines.*.sku", "map": {"OLD": "OTHER"}}]}, "lines.0.sku becomes 'OTHER'"),
        ({"changes": [*GOOD["changes"], {"field": "name", "set": "x"}]}, "no field 'name'"),
        ({"changes": [*GOOD["changes"], {"field": "lines.*.sku", "map": {"Z": "Y"}}]}, "no example tries it"),
        ({"examples": [{"before": {"lines": []}, "after": {"lines": []}}]}, "no example tries it"),
    ],
)
def test_a_patch_that_its_examples_do_not_show_is_faulty(other: dict[str, Any], word: str) -> None:
    assert word in "; ".join(faults_of(patch(**other)))


@pytest.mark.parametrize(
    "change",
    [
        {"field": "a"},
        {"field": "a", "set": "x", "clear": True},
        {"field": "a b", "set": "x"},
        {"field": "a", "run": "rm"},
        {"field": "__class__.x", "set": "x", "text": "eval"},
    ],
)
def test_a_change_says_one_thing_and_runs_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        patch(changes=[change])


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"field": "a", "set": "n"}, {"a": "n", "b": "two", "l": [{"c": "k"}]}),
        ({"field": "a", "clear": True}, {"a": None, "b": "two", "l": [{"c": "k"}]}),
        ({"field": "a", "copy_from": "b"}, {"a": "two", "b": "two", "l": [{"c": "k"}]}),
        ({"field": "a", "text": "trim"}, {"a": "One", "b": "two", "l": [{"c": "k"}]}),
        ({"field": "l.*.c", "text": "upper"}, {"a": " One ", "b": "two", "l": [{"c": "K"}]}),
        ({"field": "a", "set": "n", "where": {"b": "three"}}, {"a": " One ", "b": "two", "l": [{"c": "k"}]}),
        ({"field": "l.0.c", "set": "n", "where": {"b": "two"}}, {"a": " One ", "b": "two", "l": [{"c": "n"}]}),
    ],
)
def test_each_kind_of_change(change: dict[str, Any], after: dict[str, Any]) -> None:
    before = {"a": " One ", "b": "two", "l": [{"c": "k"}]}
    assert transformed(before, [Change.model_validate(change)]) == after
    assert before["a"] == " One ", "the record that it was made of stays"


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadAsk):
        transformed({"a": 1}, [Change(field="b", set="x")])


def test_the_digest_is_of_all_that_a_patch_says() -> None:
    assert patch().digest == patch().digest
    assert len({patch().digest, patch(reviewed_by="eve").digest, patch(selection={"key": "1"}).digest}) == 3


JSON = st.recursive(
    st.none() | st.text(max_size=3) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_a_record_does_not_differ_from_itself(record: dict[str, Any]) -> None:
    assert differing(record, record) == {}
