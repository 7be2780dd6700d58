"""Suggestions are ranked, few, and each says why."""

from __future__ import annotations

from ops.cases.similar import likely_accounts, nearest_codes, plain

ACCOUNTS = [
    {"id": "ACC-1001", "name": "Müller & Söhne GmbH", "domain": "mueller-soehne.example"},
    {"id": "ACC-1002", "name": "Northwind Ltd", "domain": "northwind.example"},
    {"id": "X9", "name": "Acme Corp", "domain": "acme.example"},
]


def test_a_name_that_stands_in_the_deal_comes_first() -> None:
    found = likely_accounts("ACC-1O01", ["Northwind Ltd - renewal 2026"], ACCOUNTS)
    assert [one.id for one in found][:2] == ["ACC-1002", "ACC-1001"]
    assert found[0].why == "its name stands in the record"
    assert "its id is" in found[1].why


def test_nothing_is_suggested_where_nothing_is_alike() -> None:
    assert likely_accounts("zzz", ["Quite another thing"], ACCOUNTS) == []
    assert nearest_codes("SKU-1", {"CHAIR": ""}) == []


def test_codes_are_ranked_and_say_why() -> None:
    known = {"SKU-010": "sold before", "sku-001": "sold before", "SKU-001X": "sold before", "TABLE": "sold before"}
    found = nearest_codes("SKU-001", known)
    assert [(one.id, one.why) for one in found][:2] == [
        ("sku-001", "differs in case only; sold before"),
        ("SKU-001X", "93 % the same; sold before"),
    ]
    assert nearest_codes("SKU-010", {"SKU-001": "seen"})[0].why == "the same characters in another order; seen"


def test_legal_forms_and_case_do_not_count() -> None:
    assert plain("Müller & Söhne GmbH") == plain("MÜLLER SÖHNE")
