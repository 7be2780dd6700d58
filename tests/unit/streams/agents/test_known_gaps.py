"""What the line does not do right yet; each case is the smallest, and turns red when it is put right."""

from __future__ import annotations

import pytest

from schemas.records import Account
from tests.unit.streams.agents.crm_days import T0, Crm, logs_of, meta
from tests.unit.streams.agents.line import Line
from tests.unit.streams.agents.test_any_order import check


def line_of(crm: Crm) -> Line:
    return Line({name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}, T0)


@pytest.mark.xfail(
    strict=True, reason="versions are kept per record, not per field: an older patch of another field is stale"
)
def test_patches_of_different_fields_may_come_in_either_order() -> None:
    crm = Crm()
    crm.set_account("a1", "Ada")
    name = Account(meta=meta("account", "a1", "a1", 2, "patch"), id="a1", name="Bob")
    phone = Account(meta=meta("account", "a1", "a1", 3, "patch"), id="a1", phone="5")
    crm.accounts["a1"] = crm.accounts["a1"].model_copy(update={"name": "Bob", "phone": "5"})
    crm.tell(phone, name)
    line = line_of(crm)
    line.settle()
    check(crm, line)
