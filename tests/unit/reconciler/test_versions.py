"""Versions as bytes, and what is kept at hand of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from histories import at, record, row
from pydantic import ValidationError

from reconciler import sides as module
from reconciler.draft import Draft
from reconciler.rows import MODELS, EntityName, Version
from reconciler.sides import Sides
from reconciler.store import MemoryStore
from reconciler.versions import packed, unpacked

LINE = {"sku": "SKU-1", "quantity": Decimal("2.000"), "unit_price": Decimal("10.5000"), "amount": Decimal("21.00")}


@pytest.mark.parametrize("entity", MODELS)
def test_versions_come_back_as_they_were_and_are_the_same_bytes_again(entity: EntityName) -> None:
    fields: dict[str, Any] = {"name": "Müller 東京\n"} if entity in ("account", "customer") else {}
    if entity == "order":
        fields = {"lines": [LINE], "total": Decimal("21.0000")}
    versions = tuple(
        Version(partition, at(partition), record(entity, "A1", partition, **fields)) for partition in (0, 1)
    )
    kept = packed(versions)
    assert kept is not None
    assert unpacked(entity, kept) == versions
    assert packed(unpacked(entity, kept)) == kept
    assert packed(versions[::-1]) == kept, "whatever the order of reading"


def test_no_version_is_no_bytes() -> None:
    assert packed(()) is None
    assert unpacked("account", None) == ()


def test_bytes_of_others_are_refused() -> None:
    with pytest.raises(ValidationError):
        unpacked("account", packed((Version(0, at(0), record("customer", "A1")),)))


def test_what_is_no_longer_at_hand_is_read_again() -> None:
    """More records than are kept at hand, in one batch and over several: none is lost before it is written."""
    draft, count = Draft(MemoryStore()), 2 * module._AT_HAND + 10
    sides = Sides(draft)
    shared = record("account", "A1", 1)
    for number in range(count):
        sides.apply(row("account", f"A{number}", 1, offset=number))
    assert sides.record("account", "A0") is not None, "not written yet"
    sides.settle()
    draft.write(durable=False)
    for number in (0, count - 1):
        found = sides.record("account", f"A{number}")
        assert found is not None
        assert found.record.meta.version == shared.meta.version
    assert len(sides._at_hand) + len(sides._before) <= 2 * module._AT_HAND


def test_how_many_are_known_is_told_by_the_store_too() -> None:
    draft = Draft(MemoryStore())
    sides = Sides(draft)
    for key in ("A1", "A2"):
        sides.apply(row("account", key))
    sides.apply(row("customer", "A1"))
    sides.apply(row("customer", "A1", gone=True))
    sides.settle()
    draft.write(durable=False)
    again = Sides(draft)
    again.load()
    assert (sides.count("account"), again.count("account")) == (2, 2)
    assert [key for key, _ in draft.written(module.KNOWN)] == [b"kaccount"], "as in a rebuild: none is no number"
