from __future__ import annotations

from decimal import Decimal

from sinks.verify import differences


def test_decimals_compare_by_value_exactly() -> None:
    assert differences({"total": Decimal("10.50")}, {"total": Decimal("10.5000")}) == []
    (difference,) = differences({"total": Decimal("10.50")}, {"total": Decimal("10.51")})
    assert str(difference) == "total: sent 10.50, found 10.51"


def test_a_number_is_not_its_text() -> None:
    assert differences({"total": Decimal(10)}, {"total": "10"})


def test_zero_is_not_absent() -> None:
    assert differences({"balance": Decimal(0)}, {"balance": None})
    assert differences({"balance": None}, {"balance": Decimal(0)})


def test_an_absent_field_is_found_out_and_a_foreign_one_is_not_compared() -> None:
    assert [d.field for d in differences({"name": "Å"}, {"city": "X"})] == ["name"]


def test_empty_text_is_none() -> None:
    assert differences({"email": None, "phone": ""}, {"email": "", "phone": None}) == []


def test_text_compares_to_the_letter() -> None:
    assert differences({"name": "Müller"}, {"name": "Mu\u0308ller"})
