"""Records to bytes and back; bytes that are something else are told apart, whatever they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Codec, ContractViolation, Undecodable, validate
from schemas.records import Account, Travelling
from schemas.registry import MemoryRegistry
from schemas.released import released_versions
from schemas.topics import BY_NAME, CRM_ACCOUNT, TOPICS
from tests.unit.schemas.examples import MODELS, example, records

GOLDEN = Path(__file__).parents[2] / "golden"
TOPIC_OF = {topic.record: topic for topic in TOPICS if topic.record is not None}


def codec() -> Codec:
    """One registry in which every record has the same id each time: its place in the list, from 1."""
    registry = MemoryRegistry()
    found = Codec(registry)
    for model in MODELS:
        found.encode(TOPIC_OF[model], example(model))
    return found


CODEC = codec()
_HEAD = 5  #: bytes: 0, then the id of the schema


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_a_record_comes_back_as_it_went(model: type[Travelling], data: st.DataObject) -> None:
    record = data.draw(records(model))
    encoded = CODEC.encode(TOPIC_OF[model], record)
    assert CODEC.read(encoded, model) == record
    assert (encoded[0], int.from_bytes(encoded[1:5], "big")) == (0, MODELS.index(model) + 1)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused_or_read_and_nothing_else(model: type[Travelling], data: st.DataObject) -> None:
    whole = CODEC.encode(TOPIC_OF[model], example(model))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.sampled_from(
            [whole[:at], whole + b"\x00", whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :], whole[at:]]
        )
        | st.binary(max_size=40).map(lambda tail: whole[:5] + tail)
    )
    try:
        found: object = CODEC.read(damaged, model)
    except (Undecodable, ContractViolation) as refused:
        found = refused
    assert isinstance(found, model) or str(found)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "empty"),
        (b"\x00\x00", "too few"),
        (b"{}    ", "0x7b"),
        (b"\x00\x00\x00\x03\xe7\x02", "schema id 999"),
        (CODEC.encode(CRM_ACCOUNT, example(Account))[:-3], "does not read"),
        (CODEC.encode(CRM_ACCOUNT, example(Account)) + b"xy", "2 bytes are left over"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes | None, words: str) -> None:
    with pytest.raises(Undecodable, match=words):
        CODEC.decode(data)


def test_a_violation_names_each_field_and_its_value() -> None:
    with pytest.raises(ContractViolation, match=r"Account: id: .*\(is ''\)"):
        validate(Account, example(Account).model_dump() | {"id": ""})
    with pytest.raises(ContractViolation, match="surprise"):
        validate(Account, example(Account).model_dump() | {"surprise": 1})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_bytes_of_version_one_are_still_read(model: type[Travelling]) -> None:
    golden = (GOLDEN / f"{model.__name__}.v1.bin").read_bytes()
    registry = MemoryRegistry()
    number = registry.register(TOPIC_OF[model].subject, json.loads(released_versions(model)[0][1]))
    golden = golden[:1] + number.to_bytes(4, "big") + golden[_HEAD:]  # ids are the registry's own affair
    codec = Codec(registry)
    said = codec.decode(golden).record
    # Fields that came later have their defaults.
    assert _within(said, codec.read(golden, model).model_dump()) == _within(said, example(model).model_dump())
    if len(released_versions(model)) == 1:
        assert CODEC.encode(TOPIC_OF[model], example(model))[_HEAD:] == golden[_HEAD:]


def _within(said: Any, record: Any) -> Any:
    """What of a record the bytes say, at every depth."""
    if isinstance(said, dict):
        return {name: _within(value, record[name]) for name, value in said.items()}
    if isinstance(said, list):
        return [_within(*pair) for pair in zip(said, record, strict=True)]
    return record


def test_every_record_has_its_golden_bytes() -> None:
    assert {path.name for path in GOLDEN.glob("*.v1.bin")} == {f"{model.__name__}.v1.bin" for model in MODELS}
    assert BY_NAME[CRM_ACCOUNT.name] is CRM_ACCOUNT
