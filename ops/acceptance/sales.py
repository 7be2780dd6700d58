"""What sales people do in a run: accounts, deals, leads; and which invoices the accountant posts and has paid."""

from __future__ import annotations

from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from ops.acceptance.work import Work
from ops.demo.catalogue import PRODUCTS, WON
from ops.demo.deals import insert_deal, insert_lines, make_deal, price_in, to_stage, with_lines
from ops.demo.people import account_row, contract_row, make_account
from ops.demo.records import Account, Billing, Opportunity, Step, Transaction, Write

_PAID: tuple[Billing, ...] = ("part paid", "paid", "paid in two parts")
_TAGS = (("spring-2026", "partner"), ("messe köln", "event"), ("newsletter", "e-mail"))


def open_account(work: Work, key: str, number: int) -> Account:
    """A new account, and the first step of its lane. FL1 carries each."""
    account = make_account(work.random, key, number)
    values = {name: value for name, value in account_row(account).items() if name != "id"}
    work.steps[account.id] = [Transaction((Write("insert", "accounts", account.id, values),))]
    work.drove("FL1")
    return account


def customers(work: Work, count: int) -> None:
    """FL1: accounts come, some under a contract, a third of them change their address afterwards."""
    for number in range(count):
        account = open_account(work, work.name("acc", number), number)
        if number % 3 == 0:
            key = work.name("ctr", number)
            row = contract_row(work.random, account, key, work.today)
            work.steps[account.id].append(Transaction((Write("insert", "contracts", key, row),)))
            work.contracts[account.id] = key
        if number % 3 == 1:
            moved = {"street": f"{account.street} B", "email": f"new+{account.email}"}
            work.steps[account.id].append(Transaction((Write("update", "accounts", account.id, moved),)))
        work.accounts.append(account)


def orders(work: Work, count: int) -> None:
    """FL3: deals; three in four are won, and one in eight of these with a discount that nobody approved."""
    for number in range(count):
        account = work.accounts[number % len(work.accounts)]
        deal = make_deal(work.random, work.name("opp", number), account, work.today)
        deal = replace(deal, contract_id=work.contracts.get(account.id))
        if number % 8 == 5:
            lines = (replace(deal.lines[0], discount_percent=Decimal(35)), *deal.lines[1:])
            deal = replace(with_lines(deal, lines), discount_approved_by=None)
        steps = work.steps[account.id]
        steps.append(Transaction((insert_deal(deal), *insert_lines(deal))))
        if number % 4 != 3:
            steps.append(to_stage(deal, WON))
            deal = replace(deal, stage=WON)
        work.deals.append(deal)
        work.drove("FL3")


def sold(work: Work) -> list[Opportunity]:
    """Deals that become orders, and whose invoice nobody has been given yet."""
    over = {deal.id for deal in work.deals if any(line.discount_percent > 20 for line in deal.lines)}
    won = [deal for deal in work.deals if deal.stage == WON and (deal.id not in over or deal.discount_approved_by)]
    return [deal for deal in won if deal.id not in work.billing]


def invoices(work: Work, count: int) -> None:
    """FL5: invoices of orders are posted."""
    work.billing |= {deal.id: "posted" for deal in sold(work)[:count]}
    work.drove("FL5", count)


def payments(work: Work, count: int) -> None:
    """FL6: invoices are posted and paid: in part, in full, in two parts."""
    for number, deal in enumerate(sold(work)[:count]):
        work.billing[deal.id] = _PAID[number % len(_PAID)]
    work.drove("FL6", count)


def leads(work: Work, count: int) -> None:
    """FL10: leads become billable, at once or later, one in three for a known account; one in five never does."""
    for number in range(count):
        key = work.name("lead", number)
        who = make_account(work.random, key, number + len(work.accounts))
        known = work.accounts[number % len(work.accounts)] if number % 3 == 2 else None
        values = _lead(work, who, number) | {"account_id": known.id if known else None}
        ends = "qualified" if number % 5 == 4 else "billable"
        begins = ends if number % 3 == 0 else "qualified"
        steps: list[Step] = [Transaction((Write("insert", "leads", key, {**values, "status": begins}),))]
        if begins != ends:
            steps.append(Transaction((Write("update", "leads", key, {"status": ends}),)))
        work.steps.setdefault(known.id if known else key, []).extend(steps)
        work.drove("FL10")


def _lead(work: Work, who: Account, number: int) -> dict[str, Any]:
    wanted = ("name", "tax_id", "email", "phone", "street", "city", "postal_code", "state", "country", "currency")
    row = asdict(who)
    sku = work.random.choice(sorted(PRODUCTS))
    campaign, channel = _TAGS[number % len(_TAGS)]
    return {name: row[name] for name in wanted} | {
        "sku": sku,
        "quantity": Decimal(work.random.randint(1, 30)),
        "unit_price": price_in(who.currency, PRODUCTS[sku]),
        "campaign": campaign,
        "channel": channel,
        "medium": "web",
        "lead_source": "site",
    }
