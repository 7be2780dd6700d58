"""Rows of DR1 to DR3: one field, who changed it, when, and what each side has been told."""

from __future__ import annotations

from typing import Any

from schemas.records import Account, Customer, Stamped
from streams.decide import Facts, Known
from streams.decide.facts import Touch
from tests.unit.streams.decide.cases import facts
from tests.unit.streams.decide.test_conflict import US, crm, erp, known, order, won

SELLER, CLERK = Touch(15, "seller", "Köln"), Touch(20, "clerk", "Köln")


def of_customer(event: Customer, account: Known, before: Customer | None = None, **touches: Any) -> Any:
    seen = known(before or erp(1, US), sent=False, **touches)
    return event, Facts(known=seen, account=account, counterpart=account, customer_code="C1")


def of_account(event: Account, customer: Known, before: Account | None = None, **touches: Any) -> Any:
    seen = known(before or crm(1), **touches)
    return event, Facts(known=seen, account=seen, counterpart=customer, customer_code="C1")


BONN = known(crm(15, city="Bonn"), city=SELLER)
ULM = known(erp(20, city="Ulm"), sent=False, city=CLERK)
DEALT = Known(won("12", 20), touched={"amount": Touch(20, "seller", "20")})
PLACED = Known(order("22", 30, "clerk"), touched={"total": Touch(30, "clerk", "20")})
BOTH = known(crm(15, city="Bonn", name="Eva"), city=SELLER, name=Touch(15, "seller", "Ada"))

CONFLICTS: dict[str, tuple[Stamped, Facts]] = {
    "the owner changed it": of_account(crm(20, city="Bonn"), known(erp(1, US), sent=False)),
    "the owner emptied it": of_account(crm(20, city=None), known(erp(1, US), sent=False)),
    "the other side changed it": of_customer(erp(20, city="Ulm"), known(crm(1))),
    "the other side emptied it": of_customer(erp(20, city=None), known(crm(1))),
    "the other side filled what both left empty": of_customer(erp(20, street="Weg 1"), known(crm(1))),
    "the other side changed two": of_customer(erp(20, city="Ulm", name="Bob"), known(crm(1))),
    "the other side filled what the owner leaves empty": of_customer(erp(20, email="x@example.org"), known(crm(1))),
    "the owner typed the ERP's code over": of_account(
        crm(20, erp_customer_code="X9"), known(erp(1, US), sent=False), before=crm(1, erp_customer_code="C1")
    ),
    "both, the ERP later, told by the ERP": of_customer(erp(20, city="Ulm"), BONN),
    "both, the ERP later, told by the CRM": of_account(crm(15, city="Bonn"), ULM),
    "both, the CRM later, told by the ERP": of_customer(
        erp(20, city="Ulm"), known(crm(25, city="Bonn"), city=Touch(25, "seller", "Köln"))
    ),
    "both, the CRM later, told by the CRM": of_account(crm(25, city="Bonn"), ULM),
    "both at once": of_customer(erp(15, city="Ulm"), BONN),
    "both, two fields, one won by each": of_customer(
        erp(20, city="Ulm", name="Bob"),
        known(crm(25, city="Bonn", name="Eva"), city=SELLER, name=Touch(25, "s", "Ada")),
    ),
    "both, two fields, both won by the ERP": of_customer(erp(20, city="Ulm", name="Bob"), BOTH),
    "both, and the ERP emptied it later": of_customer(erp(20, city=None), BONN),
    "both, in a CRM that we cannot write to": of_customer(
        erp(20, city="Ulm"), Known(crm(15, city="Bonn"), fingerprint="f", touched={"city": SELLER})
    ),
    "both, of a customer that was never sent": of_customer(
        erp(20, city="Ulm"), known(crm(25, city="Bonn"), sent=False, city=Touch(25, "seller", "Köln"))
    ),
    "both to one value": of_customer(erp(20, city="Bonn"), BONN),
    "only the CRM, as the ERP tells of something else": of_customer(erp(20, payment_terms="30 days"), BONN),
    "only the CRM, as the ERP tells of our own write": of_customer(erp(20, US, payment_terms="30 days"), BONN),
    "the ERP tells of a customer without a code": of_customer(erp(20, code=None, city="Ulm"), BONN),
    "our write came on top of a clerk's": of_customer(erp(20, US, city="Ulm"), BONN),
    "our write, in another spelling": of_customer(erp(20, US, city="B-O-N-N"), BONN),
    "our write of a value that the CRM had on the way": of_customer(
        erp(20, US, city="Bonn"), known(crm(16, city="Ulm"), city=Touch(16, "seller", "Köln", ("Bonn",)))
    ),
    "what the ERP won arrives, and the ERP has changed again": of_account(
        crm(30, US, city="Ulm"),
        known(erp(25, city="Rom"), sent=False, city=Touch(25, "clerk", "Köln", ("Ulm",))),
        before=crm(15, city="Bonn"),
        city=SELLER,
    ),
    "deleted in the CRM": of_account(
        crm(25, city="Bonn").model_copy(update={"meta": crm(25).meta.model_copy(update={"operation": "delete"})}),
        ULM,
    ),
    "deleted in the ERP": of_account(crm(25, city="Bonn"), Known(erp(20, city="Ulm"), True, touched={"city": CLERK})),
    "an amount, only the ERP": (
        order("22", 30, "clerk"),
        Facts(known=Known(order("20", 1, US)), counterpart=Known(won("10", 1))),
    ),
    "an amount, both, told by the CRM": (won("12", 20), facts(known=Known(won("10", 1)), counterpart=PLACED)),
    "an amount, both, told by the ERP": (
        order("22", 30, "clerk"),
        Facts(known=Known(order("20", 1, US)), counterpart=DEALT),
    ),
    "an amount, both, and then the ERP tells of something else": (
        order("22", 40, "clerk"),
        Facts(known=PLACED, counterpart=DEALT),
    ),
    "an amount, both, and then the CRM tells of something else": (
        won("12", 40),
        facts(known=DEALT, counterpart=PLACED),
    ),
    "an amount, both agree again": (won("11", 40), facts(known=DEALT, counterpart=PLACED)),
}
