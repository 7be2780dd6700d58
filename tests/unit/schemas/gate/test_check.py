from __future__ import annotations

import json
from typing import Any

import pytest

from schemas.gate.modes import Mode
from schemas.gate.terms import Terms
from tests.unit.schemas.gate.gate_examples import AMOUNT, checked, field, record, rules

TOTAL = field("total", AMOUNT)
NULLABLE = ["null", "string"]


def test_nothing_changed_is_clean() -> None:
    assert checked(record(TOTAL), record(TOTAL)).findings == ()


def test_a_first_version_is_clean() -> None:
    assert checked(record(TOTAL)).findings == ()


def test_a_renamed_field_is_one_finding_at_its_new_name() -> None:
    (found,) = checked(record(field("id"), TOTAL), record(field("id"), field("total_amount", AMOUNT))).findings
    assert (found.rule, found.pointer, found.line, found.column) == ("ML004", "/fields/1/name", 11, 15)
    assert (found.file, found.subject, found.version, found.owner) == ("Order/v2.avsc", "Order", 2, "sales")
    assert "new readers fail on data of v1; released readers of v1 fail on new data" in found.message
    assert "No default value for field total_amount" in str(found.counter_example)


def test_a_changed_scale_shows_the_amount_that_a_jvm_would_read() -> None:
    (found,) = checked(record(TOTAL), record(field("total", {**AMOUNT, "scale": 4}))).findings
    assert (found.rule, found.pointer) == ("ML011", "/fields/0/type/scale")
    assert str(found.counter_example).startswith("1234.56 would be read as 12.3456 by a JVM reader")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("scale", [2, 10**9])
def test_an_absurd_precision_is_no_reason_to_hang(scale: int) -> None:
    absurd = {**AMOUNT, "precision": 2 * 10**9, "scale": scale}
    assert "ML012" in rules(checked(record(TOTAL), record(field("total", absurd))))


def test_versions_that_show_the_same_are_one_finding() -> None:
    old = record(field("id"), field("note", NULLABLE, default=None))
    (found,) = checked(old, {**old, "doc": "the same"}, record(field("id"))).findings
    assert found.rule == "ML003"
    assert "released readers of v2 and v1 read the default, in every new record" in found.message


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Mode.NONE, []),
        (Mode.BACKWARD, ["ML001"]),
        (Mode.FORWARD, []),
        (Mode.FULL_TRANSITIVE, ["ML001"]),
    ],
)
def test_the_mode_says_who_must_read_whom(mode: Mode, expected: list[str]) -> None:
    assert rules(checked(record(TOTAL), record(TOTAL, field("needed")), mode=mode)) == expected


def test_the_contract_has_the_mode() -> None:
    terms = Terms(owner="sales", mode=Mode.FORWARD)
    assert checked(record(TOTAL), record(TOTAL, field("needed")), terms=terms).findings == ()


def test_only_transitive_modes_look_further_back() -> None:
    first, second, third = record(field("a")), record(), record(field("a", "int"))
    assert rules(checked(first, second, third, mode=Mode.FORWARD)) == []
    assert rules(checked(first, second, third, mode=Mode.FORWARD_TRANSITIVE)) == ["ML002"]


def test_a_logical_type_that_is_ignored_is_found_in_a_first_version() -> None:
    assert rules(checked(record(field("total", {**AMOUNT, "precision": 1})))) == ["ML014"]


@pytest.mark.parametrize(("size", "expected"), [(7, ["ML014"]), (8, [])])
def test_a_fixed_must_hold_its_decimals_digits(size: int, expected: list[str]) -> None:
    """18 digits need 8 bytes: 2^63 is above 10^18, 2^55 is not."""
    fixed = {"type": "fixed", "name": "F", "size": size, "logicalType": "decimal", "precision": 18, "scale": 2}
    assert rules(checked(record(field("total", fixed)))) == expected


def test_a_default_in_a_recursive_union_takes_no_exponential_time() -> None:
    inner = [{"type": "record", "name": f"R{n}", "fields": [field("next", ["null", "A"])]} for n in range(6)]
    value: Any = "wrong"
    for _ in range(20):
        value = {"next": {"inner": value}}
    root = {"type": "record", "name": "A", "fields": [field("inner", inner, default=value)]}
    assert rules(checked(root)) == ["ML061"]


def _one_of(namespace: str) -> dict[str, Any]:
    """Two records in a union: there the full name says which one it is."""
    return record(field("a", [record(field("x"), name=name, namespace=namespace) for name in ("M", "N")]))


def test_a_record_inside_may_move_unless_its_name_decides() -> None:
    line = record(field("x"), name="Line", namespace="here")
    assert rules(checked(record(field("a", line)), record(field("a", {**line, "namespace": "there"})))) == []
    assert rules(checked(_one_of("here"), _one_of("there"))) == ["ML031", "ML031"]


WAIVER = {"rule": "ML011", "reason": "nobody reads it", "owner": "sales", "expires": "2026-12-31", "field": "total"}


@pytest.mark.parametrize(
    ("waiver", "expected"),
    [
        (WAIVER, []),
        ({**WAIVER, "rule": "decimal-scale-changed"}, []),
        ({**WAIVER, "expires": "2026-11-21"}, []),
        ({**WAIVER, "expires": "2026-11-20"}, ["ML070", "ML011"]),
        ({**WAIVER, "field": "other"}, ["ML071", "ML011"]),
        ({**WAIVER, "rule": "ML013"}, ["ML071", "ML011"]),
        ({**WAIVER, "expires": "soon"}, ["ML072", "ML011"]),
        ({**WAIVER, "reason": " "}, ["ML072", "ML011"]),
        ({**WAIVER, "rule": "ML050"}, ["ML072", "ML011"]),
        ("ML011", ["ML072", "ML011"]),
    ],
)
def test_waivers(waiver: Any, expected: list[str]) -> None:
    candidate = record(field("total", {**AMOUNT, "scale": 4}))
    report = checked(record(TOTAL), {"meshline.waivers": [waiver], **candidate})
    assert sorted(rules(report)) == sorted(expected)
    assert report.waived == (not expected)


def test_the_schema_itself_may_name_the_owner() -> None:
    (found,) = checked(record(TOTAL), record(owner="billing"), terms=Terms()).findings
    assert found.owner == "billing"
    (found,) = checked(record(TOTAL), record(), terms=Terms()).findings
    assert found.owner == "unknown"
    assert "Owner unknown" in found.message


def test_broken_text_has_its_place() -> None:
    (found,) = checked(record(TOTAL), '{"type": "record",\n "name": "Order",,}').findings
    assert (found.rule, found.line, found.column) == ("ML060", 2, 18)


@pytest.mark.parametrize(
    ("text", "rule", "pointer"),
    [
        ('"strin"', "ML061", ""),
        ('{"type": "record", "name": "A"}', "ML061", ""),
        (json.dumps(record(field("a"), field("a"))), "ML063", "/fields/1/name"),
        ('{"type": "record", "name": "A", "name": "A", "fields": []}', "ML063", ""),
        ('[{"a": 1, "a": 2}, {{[', "ML063", ""),
        (json.dumps(record(field("a", "int", default="x"))), "ML061", "/fields/0/default"),
        (json.dumps(record(field("a", ["null", ["string"]]))), "ML061", "/fields/0/type/1"),
        (json.dumps(record(field("a", {"type": "fixed", "name": "F", "size": -1}))), "ML061", "/fields/0/type/size"),
        ('{"type": "array", "items": ' * 150 + '"int"' + "}" * 150, "ML062", "/items" * 101),
        ("[" * 100_000, "ML062", ""),
        ("9" * 5000, "ML060", ""),
        ("", "ML060", ""),
        ("NaN", "ML060", ""),
        (" " * 1_000_001, "ML062", ""),
    ],
)
def test_what_no_reader_could_use_is_a_finding(text: str, rule: str, pointer: str) -> None:
    (found,) = checked(text).findings
    assert (found.rule, found.pointer) == (rule, pointer)
