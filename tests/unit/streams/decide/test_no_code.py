"""Nothing is sent to the ERP for an account without a reserved code: that is our own failure, and stops the worker."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.decide import Facts, Known, Policy, decide
from streams.decide.parent import customer_first
from tests.unit.streams.decide.cases import NOW, account, deal, facts, item, line, meta

SAID = "^no customer code was reserved for account a1$"
KNOWN = Facts(account=Known(account(), in_crm=True), customer_code="C1")


def test_an_account() -> None:
    with pytest.raises(ValueError, match=SAID):
        decide(account(), Facts(), Policy(), NOW)


def test_an_order() -> None:
    with pytest.raises(ValueError, match=SAID):
        decide(deal(line()), facts(item(line()), customer_code=None), Policy(), NOW)


@pytest.mark.parametrize("lacking", [replace(KNOWN, customer_code=None), replace(KNOWN, account=None)])
def test_what_puts_a_customer_first(lacking: Facts) -> None:
    with pytest.raises(ValueError, match=SAID):
        customer_first(account(), meta("case", "c1"), lacking, NOW)
    assert len(customer_first(account(), meta("case", "c1"), KNOWN, NOW)) == 1


def test_an_account_without_a_name_has_no_customer_to_put_first() -> None:
    nameless = account(name=None)
    assert customer_first(nameless, meta("case", "c1"), replace(KNOWN, account=Known(nameless)), NOW) == ()
