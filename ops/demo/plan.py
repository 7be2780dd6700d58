"""The day as it is meant to go: who buys what, when, through which door, and what must come of it. Pure, seeded.

Three accounts in four live in the CRM's database, the fourth tells of itself through the partner portal. Most of the
day happens in the morning; the afternoon brings changes, repeats, late records and the other half of the closings.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from random import Random

from ops.demo.catalogue import LOST, WON
from ops.demo.deals import insert_deal, insert_lines, make_deal, portal_deal, requantify, to_stage
from ops.demo.draft import Draft
from ops.demo.people import account_row, contact_of, contract_row, make_account, phone_of, prefix_of
from ops.demo.records import Account, Billing, Delivery, Lane, Opportunity, Plan, Step, Transaction, Write
from ops.demo.trouble import TROUBLE, UNDECODABLE

_BILLING: tuple[Billing, ...] = ("posted", "part paid", "paid", "paid in two parts")
_BILLED_EVERY = 10
_SURE = 6  # even the smallest day sells enough to bill
_PORTAL_EVERY = 4  # each fourth account is the portal's


def plan_day(run: str, number: int, seed: int, accounts: int, opportunities: int, today: date) -> Plan:
    """The day of one run. `run` is in every id, `number` makes HubSpot's company numbers unique."""
    draft = Draft(run, Random(seed), today, company=number * 1000)
    for index in range(accounts):
        share = opportunities // accounts + (index < opportunities % accounts)
        if index % _PORTAL_EVERY == _PORTAL_EVERY - 1:
            _portal_account(draft, index, share)
        else:
            _crm_account(draft, index, share)
    for trouble in TROUBLE:
        draft.notes.append(trouble(draft))
    ordered = sorted(draft.orders & draft.in_crm)
    billed = draft.random.sample(ordered, max(len(_BILLING), len(ordered) // _BILLED_EVERY))
    return Plan(
        run=run,
        seed=seed,
        morning=tuple(Lane(tuple(steps)) for steps in draft.morning),
        afternoon=tuple(Lane(tuple(steps)) for steps in draft.afternoon),
        accounts=draft.accounts,
        opportunities=draft.deals,
        orders=frozenset(draft.orders),
        in_crm=frozenset(draft.in_crm),
        letters=draft.letters,
        billing=dict(zip(billed, itertools.cycle(_BILLING), strict=False)),
        hand_changed=draft.random.choice([order for order in ordered if order not in billed]),
        undecodable=len(UNDECODABLE),
        notes=tuple(draft.notes),
    )


def _crm_account(draft: Draft, index: int, share: int) -> None:
    random = draft.random
    account = make_account(random, draft.name("acc", index), index)
    draft.accounts[account.id] = account
    draft.in_crm.add(account.id)
    values = {name: value for name, value in account_row(account).items() if name != "id"}
    arrival = Transaction((Write("insert", "accounts", account.id, values),))
    late = share > 0 and random.random() < 0.04
    morning: list[Step] = [] if late else [arrival]
    afternoon: list[Step] = [arrival] if late else []
    contact_id = draft.name("con", index)
    if random.random() < 0.5:
        morning.append(Transaction((contact_of(random, account, contact_id),)))
        if random.random() < 0.1:
            afternoon.append(Transaction((Write("delete", "contacts", contact_id),)))
    contract_id = draft.name("ctr", index) if random.random() < 0.3 else None
    if contract_id:
        row = contract_row(random, account, contract_id, draft.today)
        morning.append(Transaction((Write("insert", "contracts", contract_id, row),)))
    for nth in range(share):
        deal = make_deal(random, draft.name("opp", f"{index}.{nth}"), account, draft.today)
        _crm_deal(draft, replace(deal, contract_id=contract_id), morning, afternoon)
    if not late:
        _account_changes(draft, account, afternoon)
    draft.morning.append(morning)
    draft.afternoon.append(afternoon)


def _crm_deal(draft: Draft, deal: Opportunity, morning: list[Step], afternoon: list[Step]) -> None:
    random, fate = draft.random, draft.random.random()
    if len(draft.orders) < _SURE:
        fate = 0.25
    draft.in_crm.add(deal.id)
    at_once = (insert_deal(deal), *insert_lines(deal))
    if fate < 0.06:  # won when it is first heard of, lines behind
        deal = replace(deal, stage=WON)
        morning += [Transaction((insert_deal(deal),)), *(Transaction((line,)) for line in insert_lines(deal))]
    elif fate < 0.08:  # the same, but the lines come hours later
        deal = replace(deal, stage=WON)
        morning.append(Transaction((insert_deal(deal),)))
        afternoon.append(Transaction(insert_lines(deal)))
    elif fate < 0.13:  # lines before their deal
        deal = replace(deal, stage=WON)
        morning += [Transaction(insert_lines(deal)), Transaction((insert_deal(deal),))]
    elif fate < 0.20:  # another quantity at the last moment
        changed, change = requantify(random, deal)
        deal = replace(changed, stage=WON)
        morning += [Transaction(at_once), change, to_stage(deal, WON)]
    elif fate < 0.30:
        deal = replace(deal, stage=WON)
        morning.append(Transaction(at_once))
        (morning if random.random() < 0.7 else afternoon).append(to_stage(deal, WON))
    else:
        morning.append(Transaction(at_once))
        if fate < 0.65:
            deal = replace(deal, stage=LOST)
            afternoon.append(to_stage(deal, LOST))
    if random.random() < 0.1:  # saved again, unchanged
        afternoon.append(Transaction((Write("update", "opportunities", deal.id),)))
    draft.deals[deal.id] = deal
    if deal.stage == WON:
        draft.orders.add(deal.id)


def _account_changes(draft: Draft, account: Account, afternoon: list[Step]) -> None:
    random, own, luck = draft.random, Random(f"{account.id} later"), draft.random.random()
    if luck < 0.12:
        moved = {"street": f"{account.street}a", "phone": phone_of(own, prefix_of(account))}
        afternoon.append(Transaction((Write("update", "accounts", account.id, moved),)))
    elif luck < 0.20:
        afternoon.append(Transaction((Write("update", "accounts", account.id),)))
    elif luck < 0.26:  # two people at once, in lanes of their own
        for _ in range(2):
            called = {
                "phone": phone_of(own, prefix_of(account)),
                "email": f"ap{random.randrange(99)}@{account.domain}",
            }
            draft.afternoon.append([Transaction((Write("update", "accounts", account.id, called),))])


def _portal_account(draft: Draft, index: int, share: int) -> None:
    """Told by the portal. Each third is a HubSpot company too, whose properties HubSpot changes later."""
    random = draft.random
    company = index % 3 == 0
    if company:
        draft.company += 1
    account_id = f"hs-{draft.company}" if company else draft.name("pp", index)
    account = make_account(random, account_id, index)
    draft.accounts[account.id] = account
    row = account_row(account)
    first = Delivery("standard", "account.created", row, repeats=int(random.random() < 0.2))
    morning: list[Step] = [first]
    afternoon: list[Step] = []
    for nth in range(share):
        deal = make_deal(random, draft.name("ppo", f"{index}.{nth}"), account, draft.today)
        morning += _portal_story(draft, deal)
    if company:
        afternoon.append(
            Delivery(
                "hubspot", "phone", {"objectId": draft.company, "value": phone_of(Random(account_id), "+1 650 555 ")}
            )
        )
        afternoon.append(Delivery("hubspot", "numberofemployees", {"objectId": draft.company, "value": "250"}))
    elif random.random() < 0.4:  # a change, and behind it an older one that was under way for longer
        afternoon.append(Delivery("standard", "account.updated", {**row, "city": f"{row['city']} Süd"}))
        afternoon.append(Delivery("standard", "account.updated", {**row, "city": "Nowhere"}, age_s=240))
    draft.morning.append(morning)
    draft.afternoon.append(afternoon)


def _portal_story(draft: Draft, deal: Opportunity) -> list[Step]:
    random, fate = draft.random, draft.random.random()
    early = Delivery("standard", "opportunity.created", portal_deal(deal), age_s=30)
    draft.deals[deal.id] = deal
    if fate >= 0.3:
        return [early]
    won = replace(deal, stage=WON)
    draft.deals[deal.id] = won
    draft.orders.add(deal.id)
    closing = Delivery(
        "standard",
        "opportunity.updated",
        portal_deal(won),
        repeats=int(random.random() < 0.15),
        echoes=int(random.random() < 0.15),
    )
    overtaken = random.random() < 0.2
    return [closing, early] if overtaken else [early, closing]
