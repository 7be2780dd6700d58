"""DR1 to DR3 as a table: who changed what, and what comes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.outcome import DeadLetter, Forward, Outcome, Skip
from schemas.reasons import Reason
from schemas.records import Account, Command, Customer, Opportunity, Order
from streams.decide import Facts, Known, Policy, decide
from streams.decide.facts import Touch
from streams.decide.touched import PAIRS, as_stored, from_stored, shared_fields, touched
from tests.unit.streams.decide.cases import NOW, D, deal, facts, line
from tests.unit.streams.decide.two_sides import envelope

US = Policy().integration_user


def crm(at: int = 10, by: str = "seller", **fields: Any) -> Account:
    return Account(meta=envelope("account", "crm", at, by), id="a1", **({"name": "Ada", "city": "Köln"} | fields))


def erp(at: int = 10, by: str = "clerk", **fields: Any) -> Customer:
    values: dict[str, Any] = {"name": "Ada", "city": "Köln", "code": "C1"}
    return Customer(meta=envelope("customer", "erp", at, by), id="a1", erp_id="7", **(values | fields))


def known(record: Any, *, sent: bool = True, **touches: Touch) -> Known:
    mark = ("f", "other") if sent else (None, None)
    return Known(record, False, *mark, in_crm=True, touched=touches)


def of_customer(event: Customer, account: Known, before: Customer | None = None, **touches: Touch) -> Outcome:
    seen = known(before or erp(1, US), sent=False, **touches)
    told = Facts(known=seen, account=account, counterpart=account, customer_code="C1")
    return decide(event, told, Policy(), NOW)


def of_account(event: Account, customer: Known, before: Account | None = None, **touches: Touch) -> Outcome:
    seen = known(before or crm(1), **touches)
    return decide(event, Facts(known=seen, account=seen, counterpart=customer, customer_code="C1"), Policy(), NOW)


def kinds(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Forward), outcome
    return [record.value.kind for record in outcome.records if isinstance(record.value, Command)]


def command(outcome: Outcome, kind: str) -> Command:
    assert isinstance(outcome, Forward)
    (found,) = [r.value for r in outcome.records if isinstance(r.value, Command) and r.value.kind == kind]
    return found


def test_who_owns_what_and_what_goes_to_review_is_in_the_contracts() -> None:
    account = {field.crm: (field.erp, field.owner, field.rule) for field in shared_fields("account")}
    assert account["name"] == ("name", "crm", "most_recent")
    assert account["erp_customer_code"] == ("code", "erp", "most_recent")
    order = {field.crm: (field.erp, field.owner, field.rule) for field in shared_fields("order")}
    assert order["amount"] == ("total", "crm", "review")
    assert order["currency"] == ("currency", "crm", "review")
    assert shared_fields("opportunity") == shared_fields("order")
    assert shared_fields("invoice") == ()
    assert set(PAIRS) == {"account", "opportunity"}


def test_the_owner_s_change_is_carried_over_and_says_what_it_expects() -> None:
    outcome = of_account(crm(20, city="Bonn"), known(erp(1, US)))
    assert kinds(outcome) == ["customer.upsert"]
    upsert = command(outcome, "customer.upsert")
    assert (upsert.customer and upsert.customer.city, upsert.expects and upsert.expects.city) == ("Bonn", "Köln")


def test_a_change_by_the_side_that_does_not_own_the_field_goes_to_its_owner() -> None:
    outcome = of_customer(erp(20, city="Ulm"), known(crm(1)))
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.WRITTEN_BY_WRONG_SIDE
    assert outcome.detail == (
        "customer a1: the CRM owns what was changed elsewhere: city: the CRM has Köln; "
        "the ERP has Ulm since 1970-01-01T00:00:00.000020+00:00 by clerk; both had Köln"
    )


def test_the_same_event_again_says_the_same() -> None:
    again = erp(20, city="Ulm")
    outcome = of_customer(again, known(crm(1)), before=again, city=Touch(20, "clerk", "Köln"))
    assert isinstance(outcome, DeadLetter)
    assert "Ulm since" in outcome.detail


def test_what_was_told_once_is_not_told_with_every_later_change() -> None:
    before = erp(20, city="Ulm")
    outcome = of_customer(erp(30, city="Ulm"), known(crm(1)), before=before, city=Touch(20, "clerk", "Köln"))
    assert isinstance(outcome, Skip)


def test_a_code_that_people_type_over_in_the_crm_goes_to_the_erp_s_people() -> None:
    before = crm(1, erp_customer_code="C1")
    outcome = of_account(crm(20, erp_customer_code="X9"), known(erp(1, US)), before=before)
    assert isinstance(outcome, DeadLetter)
    assert (outcome.reason, "the ERP owns" in outcome.detail) == (Reason.WRITTEN_BY_WRONG_SIDE, True)


def test_our_own_write_is_nobody_s_trespass() -> None:
    account = known(crm(15, city="Bonn"), city=Touch(15, "seller", "Köln"))
    assert isinstance(of_customer(erp(20, US, city="Bonn"), account), Skip)
    older = known(crm(16, city="Ulm"), city=Touch(16, "seller", "Köln", ("Bonn",)))
    assert isinstance(of_customer(erp(20, US, city="Bonn"), older), Skip), "Bonn was ours, Ulm is on its way"


def test_what_we_wrote_back_is_ours_also_before_the_erp_has_told_of_it() -> None:
    placed = known(erp(1, US, code=None), sent=False)
    event = crm(20, US, erp_customer_code="C1")
    assert not isinstance(of_account(event, placed, before=crm(1)), DeadLetter)
    by_people = crm(20, erp_customer_code="C1")
    assert isinstance(of_account(by_people, placed, before=crm(1)), DeadLetter), "the same by somebody else"


def test_a_clerk_s_change_below_our_own_write_goes_to_people() -> None:
    outcome = of_customer(erp(20, US, city="Ulm"), known(crm(1)))
    assert isinstance(outcome, DeadLetter)
    assert "by somebody unknown" in outcome.detail
    account = known(crm(15, city="Bonn"), city=Touch(15, "seller", "Köln"))
    both = of_customer(erp(20, US, city="Ulm"), account)
    assert isinstance(both, DeadLetter)
    assert both.reason is Reason.WRITTEN_BY_WRONG_SIDE


def test_both_changed_and_the_erp_s_is_later() -> None:
    account = known(crm(15, city="Bonn"), city=Touch(15, "seller", "Köln"))
    outcome = of_customer(erp(20, city="Ulm"), account)
    assert kinds(outcome) == ["account.adopt"]
    adopt = command(outcome, "account.adopt")
    assert adopt.account is not None
    assert adopt.account.model_dump(exclude_none=True) == {"city": "Ulm"}
    assert (adopt.version, adopt.key) == (20, "a1")
    reverse = of_account(crm(15, city="Bonn"), known(erp(20, city="Ulm"), city=Touch(20, "clerk", "Köln")))
    assert sorted(kinds(reverse)) == ["account.adopt", "customer.upsert"]
    upsert = command(reverse, "customer.upsert")
    assert upsert.customer is not None
    assert upsert.customer.city == "Ulm", "what the ERP won is not written over"


def test_both_changed_and_the_crm_s_is_later() -> None:
    account = known(crm(25, city="Bonn"), city=Touch(25, "seller", "Köln"))
    outcome = of_customer(erp(20, city="Ulm"), account)
    assert kinds(outcome) == ["customer.upsert"]
    upsert = command(outcome, "customer.upsert")
    assert (upsert.customer and upsert.customer.city, upsert.expects and upsert.expects.city) == ("Bonn", "Ulm")
    assert upsert.repair, "the sink may have written Bonn already, and left out the city"
    reverse = of_account(crm(25, city="Bonn"), known(erp(20, city="Ulm"), city=Touch(20, "clerk", "Köln")))
    assert kinds(reverse) == ["customer.upsert"]
    assert command(reverse, "customer.upsert").customer.city == "Bonn"  # type: ignore[union-attr]


def test_at_a_draw_the_owner_wins() -> None:
    account = known(crm(20, city="Bonn"), city=Touch(20, "seller", "Köln"))
    assert kinds(of_customer(erp(20, city="Ulm"), account)) == ["customer.upsert"]


def test_a_crm_that_we_cannot_write_to_adopts_nothing() -> None:
    seen = Known(crm(15, city="Bonn"), fingerprint="f", touched={"city": Touch(15, "seller", "Köln")})
    event = erp(20, city="Ulm")
    told = Facts(known=known(erp(1, US), sent=False), account=seen, counterpart=seen, customer_code="C1")
    outcome = decide(event, told, Policy(), NOW)
    assert isinstance(outcome, Skip)


def test_what_the_crm_leaves_empty_is_the_erp_s_people_s() -> None:
    assert isinstance(of_customer(erp(20, email="x@example.org"), known(crm(1))), Skip)


def order(total: str, at: int, by: str) -> Order:
    values: dict[str, Any] = {"id": "d1", "erp_id": "5", "state": "processing", "currency": "EUR", "lines": []}
    return Order(meta=envelope("order", "erp", at, by, "d1"), total=D(total), **values)


def won(price: str, at: int) -> Opportunity:
    made = deal(line(price=price), inside=True, tick=at)
    return made.model_copy(update={"meta": made.meta.model_copy(update={"actor": "seller"})})


@pytest.mark.parametrize(("crm_at", "erp_at"), [(20, 30), (30, 20), (20, 20)])
def test_an_amount_that_both_changed_is_reviewed_whoever_was_later(crm_at: int, erp_at: int) -> None:
    ours, theirs = won("12", crm_at), order("22", erp_at, "clerk")
    dealt = Known(ours, touched={"amount": Touch(crm_at, "seller", "20")})
    placed = Known(theirs, touched={"total": Touch(erp_at, "clerk", "20")})
    of_deal = decide(ours, facts(known=Known(won("10", 1)), counterpart=placed), Policy(), NOW)
    of_order = decide(theirs, Facts(known=Known(order("20", 1, US)), counterpart=dealt), Policy(), NOW)
    for outcome in (of_deal, of_order):
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is Reason.CONFLICT_ON_FINANCIAL_FIELD
        for said in ("amount: the CRM has 24 since", "by seller", "the ERP has 22 since", "by clerk", "both had 20"):
            assert said in outcome.detail
    assert isinstance(of_deal, DeadLetter)
    assert "opportunity d1 was changed on both sides" in of_deal.detail


def test_a_deal_stays_in_review_until_both_sides_agree() -> None:
    placed = Known(order("22", 30, "clerk"), touched={"total": Touch(30, "clerk", "20")})
    before = Known(won("12", 20), touched={"amount": Touch(20, "seller", "20")})
    later = won("12", 40)
    outcome = decide(later, facts(known=before, counterpart=placed), Policy(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.CONFLICT_ON_FINANCIAL_FIELD
    agreed = won("11", 40)
    assert isinstance(decide(agreed, facts(known=before, counterpart=placed), Policy(), NOW), Forward)


def test_an_order_that_only_the_erp_changed_goes_to_the_deal_s_owner() -> None:
    outcome = decide(
        order("22", 30, "clerk"), Facts(known=Known(order("20", 1, US)), counterpart=Known(won("10", 1))), Policy(), NOW
    )
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.WRITTEN_BY_WRONG_SIDE


def test_touches_remember_the_value_that_both_had() -> None:
    agreed = known(erp(1, US))
    first = touched(crm(20, city="Bonn"), known(crm(1)), agreed)
    assert first == {"city": Touch(20, "seller", "Köln")}
    second = touched(crm(30, city="Ulm"), known(crm(20, city="Bonn"), **first), agreed)
    assert second == {"city": Touch(30, "seller", "Köln", ("Bonn",))}
    assert touched(crm(40, city="Ulm"), known(crm(30, city="Ulm"), **second), agreed) == second
    caught_up = known(erp(35, US, city="Ulm"))
    third = touched(crm(50, by="", city="Aachen"), known(crm(30, city="Ulm"), **second), caught_up)
    assert third == {"city": Touch(50, "unknown", "Ulm")}
    assert touched(crm(20, city="Bonn"), None, agreed) == {}
    many = {"city": Touch(1, "x", "0", tuple(str(n) for n in range(1, 9)))}
    ninth = touched(crm(20, city="Bonn"), known(crm(1, city="9"), **many), agreed)
    assert ninth["city"].past == tuple(str(n) for n in range(2, 10))


def test_touches_keep_in_the_database() -> None:
    touches = {"city": Touch(20, "seller", None, ("Köln", None)), "name": Touch(0, "x", "A")}
    assert from_stored(as_stored(touches)) == touches
    assert as_stored({}) is None
    assert from_stored(None) == {}


def test_an_amount_is_compared_as_a_number() -> None:
    assert touched(won("10.00", 20), Known(won("10", 1)), None) == {}
    assert isinstance(won("10", 1).amount, Decimal)
