"""Stripe's events become payments and refunds: whose, how much, of which invoice, and where in their history."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from stamping import found_in
from stripe_events import AT, charge, dispute, event, refund

from schemas.codec import ContractViolation
from schemas.contracts.check import checked
from schemas.records import Charge, Refund
from streams.intake.webhooks import Unhandled


def one(kind: str, found: dict[str, Any], created: int = AT) -> Any:
    (change,) = found_in("stripe", event(kind, found, created))
    return change


@pytest.mark.parametrize("kind", ["charge.succeeded", "charge.captured", "charge.updated", "charge.refunded"])
def test_a_payment_says_which_invoice_it_paid(kind: str) -> None:
    found = one(kind, charge())
    assert isinstance(found, Charge)
    assert (found.id, found.status, found.amount, found.currency) == ("ch_1", "succeeded", Decimal("100.00"), "EUR")
    assert found.invoice_number == "2026/17"
    assert (found.meta.entity, found.meta.key, found.meta.account_id) == ("charge", "ch_1", "ch_1")


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_a_refund_shares_its_payments_partition_and_history(kind: str) -> None:
    found = one(kind, refund())
    assert isinstance(found, Refund)
    assert (found.kind, found.status, found.charge_id, found.amount) == (
        "refund",
        "succeeded",
        "ch_1",
        Decimal("20.50"),
    )
    assert found.invoice_number is None
    assert found.created_at == datetime.fromtimestamp(AT - 1, UTC)
    assert (found.meta.key, found.meta.account_id, found.meta.version) == ("re_1", "ch_1", AT * 1_000_000)


@pytest.mark.parametrize("kind", ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"])
def test_a_dispute_is_a_refund_of_its_own_kind(kind: str) -> None:
    found = one(kind, dispute(metadata={"invoice_number": " 2026/18 "}))
    assert isinstance(found, Refund)
    assert (found.id, found.kind, found.status, found.reason) == ("dp_1", "dispute", "needs_response", "fraudulent")
    assert found.invoice_number == "2026/18"


def test_refunds_inside_a_payment_have_its_invoice() -> None:
    """API versions before 2022-11-15 send them."""
    inside = {"object": "list", "data": [refund(), refund(id="re_2", metadata={"invoice_number": "2026/9"})]}
    paid, first, second = found_in("stripe", event("charge.refunded", charge(refunds=inside)))
    assert isinstance(paid, Charge)
    assert isinstance(first, Refund)
    assert isinstance(second, Refund)
    assert [(found.id, found.invoice_number) for found in (first, second)] == [("re_1", "2026/17"), ("re_2", "2026/9")]


@pytest.mark.parametrize(
    ("currency", "amount", "exact"),
    [
        ("eur", 2050, "20.50"),
        ("jpy", 2050, "2050"),
        ("krw", 5, "5"),
        ("kwd", 2050, "2.050"),
        ("bhd", 1230, "1.230"),
        ("isk", 500, "5"),
        ("ugx", 500, "5"),
        ("huf", 1045, "10.45"),
        ("usd", 1, "0.01"),
    ],
)
def test_amounts_are_in_the_minor_units_that_stripe_has_for_the_currency(
    currency: str, amount: int, exact: str
) -> None:
    found = one("refund.created", refund(currency=currency, amount=amount))
    assert found.amount == Decimal(exact)
    assert isinstance(checked(found), Refund)


def test_a_fraction_that_the_currency_does_not_have_breaks_the_contract() -> None:
    assert isinstance(checked(one("refund.created", refund(currency="isk", amount=550))), ContractViolation)


def test_within_one_second_the_status_that_is_further_comes_later() -> None:
    words = ["requires_action", "pending", "succeeded", "failed"]
    positions = [one("refund.updated", refund(status=word)).meta.position for word in words]
    assert positions == sorted(set(positions))
    words = ["warning_under_review", "needs_response", "under_review", "lost"]
    positions = [one("charge.dispute.updated", dispute(status=word)).meta.position for word in words]
    assert positions == sorted(set(positions))
    assert one("refund.updated", refund(status="pending"), AT + 1).meta.position > positions[-1]


@pytest.mark.parametrize("given", [{"id": "ch_9", "object": "charge"}, "ch_9"])
def test_the_payment_may_be_written_out(given: Any) -> None:
    assert one("refund.created", refund(charge=given)).charge_id == "ch_9"


def test_a_refund_without_a_payment_goes_by_the_payment_intent() -> None:
    assert one("refund.created", refund(charge=None)).charge_id == "pi_1"


@pytest.mark.parametrize(
    ("kind", "found", "names"),
    [
        ("refund.created", refund(amount=20.5), "amount"),
        ("refund.created", refund(amount=True), "amount"),
        ("refund.created", refund(amount=-1), "amount"),
        ("refund.created", refund(amount="2050"), "amount"),
        ("refund.created", refund(currency=None), "currency"),
        ("refund.created", refund(currency="euro"), "currency"),
        ("refund.created", refund(id=""), "id"),
        ("refund.created", refund(status=None), "status"),
        ("refund.created", refund(charge=None, payment_intent=None), "charge"),
        ("refund.created", refund(created=None), "created"),
        ("refund.created", refund(metadata={"invoice_number": 17}), "invoice_number"),
        ("refund.created", refund(reason="\x00"), "reason"),
        ("refund.created", charge(), "data.object"),
        ("charge.dispute.created", charge(), "data.object"),
        ("charge.refunded", charge(refunds={"data": ["re_1"]}), "refunds.data"),
    ],
)
def test_what_is_not_as_promised_is_named(kind: str, found: dict[str, Any], names: str) -> None:
    with pytest.raises(ContractViolation, match=names):
        found_in("stripe", event(kind, found))


def test_other_events_are_named_and_left() -> None:
    for kind in ("charge.failed", "payout.paid", "charge.dispute.funds_withdrawn", "invoice.paid"):
        assert found_in("stripe", event(kind, {"object": "x"})) == [
            Unhandled(kind, "no flow takes this kind of Stripe's events")
        ]
