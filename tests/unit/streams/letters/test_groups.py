"""Like failures are one group, unlike ones are not."""

from __future__ import annotations

import pytest

from schemas.reasons import Reason
from streams.letters.groups import fingerprint, pattern

ALIKE = [
    ("line 3: the ERP has no product 'SKU-77'", "line 12: the ERP has no product 'SKU-4'"),
    ("some.topic/2/41: schema id 4 is unknown", "some.topic/0/7: schema id 9 is unknown"),
    ("waits for ACC-1001", "waits for ACC-2"),
    ("discount 31.50 above 20", "discount 99 above 20"),
]
UNLIKE = [
    ("the ERP has no product 'A'", "the ERP has no currency 'A'"),
    ("field name: too long", "field city: too long"),
]


def mark(detail: str, reason: Reason = Reason.UNCLASSIFIED, entity: str = "account") -> str:
    return fingerprint(reason, "sink", "tryton", entity, detail)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_the_same_cause_is_one_group(one: str, other: str) -> None:
    assert pattern(one) == pattern(other)
    assert mark(one) == mark(other)


@pytest.mark.parametrize(("one", "other"), UNLIKE)
def test_another_cause_is_another_group(one: str, other: str) -> None:
    assert mark(one) != mark(other)


def test_reason_and_entity_tell_groups_apart() -> None:
    assert len({mark("x"), mark("x", Reason.ERP_REJECTED), mark("x", entity="opportunity")}) == 3
