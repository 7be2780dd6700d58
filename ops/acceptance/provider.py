"""The payment provider of a run: money of paid invoices goes back, told by signed webhooks at the door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ops.acceptance.sales import sold
from ops.acceptance.work import Row, Then, Work
from ops.demo.records import Delivery, Opportunity
from schemas.money import minor_unit, round_money

_EARLY = 1  #: of this kind a refund is told before its payment is


def refunds(work: Work, count: int) -> None:
    """FL9: refunds at once and after a while, disputes lost and won, and a refund above its invoice's total."""
    for number, deal in enumerate(sold(work)[:count]):
        work.billing[deal.id] = "paid"
        told = _told(work, deal, number)
        provider = Provider(work.name("ch", number), deal, told, early=number % 5 == _EARLY)
        work.thens.append(Then("opportunities", deal.id, "payment_status", provider, "paid"))
        work.said["refunds"] += [{**one, "status": one["statuses"][-1]} for one in told]
        work.drove("FL9", len(told))


def _told(work: Work, deal: Opportunity, number: int) -> list[dict[str, Any]]:
    """What is told of a deal's payment: each refund or dispute with its statuses, in order."""

    def part(percent: int) -> Decimal:
        return round_money(deal.amount * percent / 100, deal.currency)

    many: tuple[list[tuple[str, Decimal, tuple[str, ...]]], ...] = (
        [("refund", part(25), ("succeeded",))],
        [("refund", part(20), ("pending", "succeeded")), ("refund", part(33), ("succeeded",))],
        [("dispute", part(50), ("needs_response", "lost"))],
        [("dispute", part(50), ("needs_response", "won"))],
        [("refund", deal.amount + minor_unit(deal.currency), ("succeeded",))],
    )
    return [
        {
            "id": work.name("re", f"{number}-{index}"),
            "deal_id": deal.id,
            "kind": kind,
            "amount": amount,
            "currency": deal.currency,
            "statuses": statuses,
        }
        for index, (kind, amount, statuses) in enumerate(many[number % len(many)])
    ]


@dataclass(frozen=True, slots=True)
class Provider:
    """Makes the deliveries about one payment, once the CRM says which invoice it paid."""

    charge: str
    deal: Opportunity
    told: list[dict[str, Any]]
    early: bool

    def __call__(self, row: Row, now: datetime) -> list[Delivery]:
        paid = Delivery("stripe", "charge.succeeded", self._charge(row["invoice_number"]))
        found = list(self._refunds(now))
        return [*found[:1], paid, *found[1:]] if self.early else [paid, *found]

    def _charge(self, number: str) -> dict[str, Any]:
        money = self._money(self.deal.amount)
        return {
            "id": self.charge,
            "object": "charge",
            "status": "succeeded",
            "metadata": {"invoice_number": number},
        } | money

    def _refunds(self, now: datetime) -> Iterator[Delivery]:
        for one in self.told:
            for status in one["statuses"]:
                data = {"id": one["id"], "object": one["kind"], "status": status, "charge": self.charge}
                data |= {"created": int(now.timestamp()), **self._money(one["amount"])}
                yield Delivery("stripe", _kind(one["kind"], status), data)

    def _money(self, amount: Decimal) -> dict[str, Any]:
        currency = self.deal.currency
        return {"amount": int(amount / minor_unit(currency)), "currency": currency.lower()}


def _kind(kind: str, status: str) -> str:
    if kind == "refund":
        return "refund.created" if status == "pending" else "refund.updated"
    return "charge.dispute.created" if status == "needs_response" else "charge.dispute.closed"
