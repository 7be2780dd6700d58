"""Opportunities with their lines, seeded, and how they are written in the CRM or told by the portal. Pure."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ops.demo.catalogue import FRACTIONAL, PRODUCTS, RATES, STAGES
from ops.demo.records import Account, Line, Opportunity, Transaction, Write, total_of
from schemas.money import round_money

_DISCOUNTS = ("0", "0", "0", "5", "7.5", "10", "12.50", "15", "20")
_KINDS = ("Renewal", "Expansion", "New business", "Erweiterung", "Modernización", "更新")


def make_deal(random: Random, deal_id: str, account: Account, today: date) -> Opportunity:
    """A deal at its first stage, in the account's currency. One in ten is sold in US dollars all the same."""
    currency = "USD" if random.random() < 0.1 else account.currency
    skus = random.sample(sorted(PRODUCTS), random.randint(1, 5))
    lines = tuple(_line(random, f"{deal_id}-l{index}", index, sku, currency) for index, sku in enumerate(skus))
    return Opportunity(
        id=deal_id,
        account_id=account.id,
        name=f"{random.choice(_KINDS)} · {account.name}",
        stage=random.choice(STAGES),
        currency=currency,
        amount=total_of(lines, currency),
        lines=lines,
        close_date=today + timedelta(days=random.randrange(0, 30)),
    )


def with_lines(deal: Opportunity, lines: tuple[Line, ...]) -> Opportunity:
    """The deal with other lines, and the amount that they come to."""
    return replace(deal, lines=lines, amount=total_of(lines, deal.currency))


def price_in(currency: str, dollars: Decimal) -> Decimal:
    """A list price in a currency: whole yen, else cents; tiny prices keep four decimals."""
    price = dollars * RATES[currency]
    return price.quantize(Decimal("0.0001")) if dollars < 1 else round_money(price, currency)


def _line(random: Random, line_id: str, position: int, sku: str, currency: str) -> Line:
    quantity = Decimal(random.randint(1, 40))
    if sku in FRACTIONAL:
        quantity += random.choice((Decimal(0), Decimal("0.5"), Decimal("0.25"), Decimal("0.125")))
    discount = Decimal(random.choice(_DISCOUNTS))
    return Line(line_id, position, sku, quantity, price_in(currency, PRODUCTS[sku]), discount)


def insert_deal(deal: Opportunity) -> Write:
    values = {name: value for name, value in asdict(deal).items() if name not in ("id", "lines")}
    return Write("insert", "opportunities", deal.id, {**values, "line_count": len(deal.lines)})


def insert_lines(deal: Opportunity) -> tuple[Write, ...]:
    return tuple(
        Write(
            "insert",
            "opportunity_lines",
            line.id,
            {**_columns(line), "opportunity_id": deal.id, "account_id": deal.account_id},
        )
        for line in deal.lines
    )


def _columns(line: Line) -> dict[str, Any]:
    return {name: value for name, value in asdict(line).items() if name != "id"}


def to_stage(deal: Opportunity, stage: str) -> Transaction:
    return Transaction((Write("update", "opportunities", deal.id, {"stage": stage}),))


def requantify(random: Random, deal: Opportunity) -> tuple[Opportunity, Transaction]:
    """The customer wants another quantity of one product: line and amount change together."""
    index = random.randrange(len(deal.lines))
    line = replace(deal.lines[index], quantity=deal.lines[index].quantity + random.randint(1, 5))
    changed = with_lines(deal, (*deal.lines[:index], line, *deal.lines[index + 1 :]))
    writes = (
        Write("update", "opportunity_lines", line.id, {"quantity": line.quantity}),
        Write("update", "opportunities", deal.id, {"amount": changed.amount}),
    )
    return changed, Transaction(writes)


def portal_deal(deal: Opportunity) -> dict[str, Any]:
    """The deal as the partner portal tells it: full state, decimals as texts, lines inside."""
    texts = {name: value for name, value in asdict(deal).items() if name != "lines" and value is not None}
    lines = [
        {
            "id": line.id,
            "sku": line.sku,
            "quantity": str(line.quantity),
            "unit_price": str(line.unit_price),
            "discount_percent": str(line.discount_percent),
        }
        for line in deal.lines
    ]
    return {**texts, "amount": str(deal.amount), "close_date": deal.close_date.isoformat(), "lines": lines}
