"""What people do in both systems during an acceptance run: one row per flow, seeded. Their hands are the demo's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from random import Random

from ops.demo.catalogue import WON
from ops.demo.deals import insert_deal, insert_lines, make_deal, to_stage, with_lines
from ops.demo.people import account_row, contract_row, make_account
from ops.demo.records import Account, Billing, Lane, Opportunity, Step, Transaction, Write

_PAID: tuple[Billing, ...] = ("part paid", "paid", "paid in two parts")


@dataclass
class Work:
    """A run in the making. `lanes`: the steps of each account, in order. `billing`: what the accountant does."""

    run: str
    random: Random
    today: date
    accounts: list[Account] = field(default_factory=list)
    deals: list[Opportunity] = field(default_factory=list)
    contracts: dict[str, str] = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=dict)
    billing: dict[str, Billing] = field(default_factory=dict)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        return tuple(Lane(tuple(steps)) for steps in self.steps.values())

    def name(self, kind: str, number: int | str) -> str:
        return f"{kind}-{self.run}-{number}"


def customers(work: Work, count: int) -> None:
    """FL1: accounts come, some under a contract, a third of them change their address afterwards."""
    for number in range(count):
        account = make_account(work.random, work.name("acc", number), number)
        values = {name: value for name, value in account_row(account).items() if name != "id"}
        steps: list[Step] = [Transaction((Write("insert", "accounts", account.id, values),))]
        if number % 3 == 0:
            key = work.name("ctr", number)
            row = contract_row(work.random, account, key, work.today)
            steps.append(Transaction((Write("insert", "contracts", key, row),)))
            work.contracts[account.id] = key
        if number % 3 == 1:
            moved = {"street": f"{account.street} B", "email": f"new+{account.email}"}
            steps.append(Transaction((Write("update", "accounts", account.id, moved),)))
        work.accounts.append(account)
        work.steps[account.id] = steps


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


def _sold(work: Work) -> list[str]:
    over = {deal.id for deal in work.deals if any(line.discount_percent > 20 for line in deal.lines)}
    won = [deal for deal in work.deals if deal.stage == WON and (deal.id not in over or deal.discount_approved_by)]
    return [deal.id for deal in won if deal.id not in work.billing]


def invoices(work: Work, count: int) -> None:
    """FL5: invoices of orders are posted."""
    work.billing |= dict.fromkeys(_sold(work)[:count], "posted")


def payments(work: Work, count: int) -> None:
    """FL6: invoices are posted and paid: in part, in full, in two parts."""
    for number, key in enumerate(_sold(work)[:count]):
        work.billing[key] = _PAID[number % len(_PAID)]


@dataclass(frozen=True, slots=True)
class Share:
    """A flow's part of a run, in percent of its records."""

    flow: str
    percent: int
    drive: Callable[[Work, int], None]


#: One row per flow, in the order in which they build upon one another; the witness has rows of its own (`CHECKS`).
SHARES: tuple[Share, ...] = (
    Share("FL1", 30, customers),
    Share("FL3", 45, orders),
    Share("FL5", 10, invoices),
    Share("FL6", 15, payments),
)


def plan_work(run: str, seed: int, records: int, today: date) -> Work:
    """`records` of all flows. The same seed gives the same work. ValueError below ten."""
    if records < 10:
        raise ValueError("at least ten records are needed to touch every flow")
    work = Work(run, Random(seed), today)
    left = records
    for share in SHARES[:-1]:
        count = records * share.percent // 100
        share.drive(work, count)
        left -= count
    SHARES[-1].drive(work, left)
    return work
