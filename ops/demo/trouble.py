"""The trouble of a real day that comes through the doors: each item adds its steps to the day and says, in words,
what must come of it. What happens to the machinery (a killed worker, an ERP away) is in `mishaps`. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from ops.demo.catalogue import WON
from ops.demo.deals import insert_deal, insert_lines, make_deal, portal_deal, with_lines
from ops.demo.draft import Draft
from ops.demo.people import make_account
from ops.demo.records import Account, Delivery, Opportunity, Step, Transaction
from schemas.reasons import Reason

#: Bytes put straight on the portal's raw topic, past the door: no wire format; a schema id that nobody registered.
UNDECODABLE: tuple[bytes, ...] = (b'{"type": "account.updated"}', b"\x00\x7f\xff\xff\xff\x02\x08")


def _account(draft: Draft) -> Account:
    """Some account of the CRM that is there from the morning on."""
    in_crm = [account for account_id, account in draft.accounts.items() if account_id in draft.in_crm]
    return draft.random.choice(in_crm[: max(1, len(in_crm) // 2)])


def _sold(draft: Draft, deal: Opportunity) -> Opportunity:
    """The deal, won at once in the CRM."""
    won = replace(deal, stage=WON)
    draft.deals[won.id] = won
    draft.in_crm.add(won.id)
    draft.morning.append([Transaction((insert_deal(won), *insert_lines(won)))])
    return won


def _deal(draft: Draft, name: str, account: Account | None = None) -> Opportunity:
    return make_deal(draft.random, draft.name("opp", name), account or _account(draft), draft.today)


def missing_account(draft: Draft) -> str:
    ghost = make_account(draft.random, draft.name("acc", "ghost"), 0)
    for name in ("orphan.1", "orphan.2"):
        deal = _sold(draft, _deal(draft, name, ghost))
        draft.letters[deal.id] = Reason.MISSING_ACCOUNT
    return "2 deals of an account that never arrives: held, then dead letters missing_account"


def unknown_product(draft: Draft) -> str:
    for name in ("nosku.1", "nosku.2"):
        deal = _deal(draft, name)
        odd = replace(deal.lines[0], sku="SKU-404")
        sold = _sold(draft, with_lines(deal, (odd, *deal.lines[1:])))
        draft.letters[sold.id] = Reason.MISSING_PRODUCT
    return "2 deals with a product that the ERP does not have: dead letters missing_product"


def steep_discounts(draft: Draft) -> str:
    for name, approver in (("steep.1", None), ("steep.2", None), ("approved", "cfo@example.com")):
        deal = _deal(draft, name)
        lines = (replace(deal.lines[0], discount_percent=Decimal("35")), *deal.lines[1:])
        sold = _sold(draft, replace(with_lines(deal, lines), discount_approved_by=approver))
        if approver is None:
            draft.letters[sold.id] = Reason.DISCOUNT_NEEDS_APPROVAL
        else:
            draft.orders.add(sold.id)
    return "2 discounts of 35 % without approval: dead letters discount_needs_approval; 1 approved goes through"


def broken_contract(draft: Draft) -> str:
    for name in ("euro", "minus"):
        deal = replace(make_deal(draft.random, draft.name("ppo", name), _account(draft), draft.today), stage=WON)
        body = portal_deal(deal)
        if name == "euro":
            body["currency"] = "EURO"
        else:
            body["lines"][0]["quantity"] = "-3"
        draft.letters[deal.id] = Reason.CONTRACT_VIOLATION
        draft.morning.append([Delivery("standard", "opportunity.created", body)])
    return "a currency EURO and a quantity of -3 from the portal: dead letters contract_violation"


def unknown_company(draft: Draft) -> str:
    draft.company += 1
    draft.letters[f"hs-{draft.company}"] = Reason.MISSING_ACCOUNT
    draft.morning.append([Delivery("hubspot", "phone", {"objectId": draft.company, "value": "+1 650 555 0100"})])
    return "a phone number for a HubSpot company that nobody knows: held, then a dead letter missing_account"


def refused_at_the_door(draft: Draft) -> str:
    row = {"id": draft.name("pp", "forged"), "name": "Forged & Sons", "currency": "USD"}
    steps: list[Step] = [
        Delivery("standard", "account.created", row, status=401, trouble="bad_signature"),
        Delivery("stripe", "invoice.paid", row, status=401, trouble="bad_signature"),
        Delivery("hubspot", "phone", {"objectId": 1, "value": "x"}, status=401, trouble="bad_signature"),
        Delivery("standard", "account.created", row, status=401, trouble="old_timestamp"),
        Delivery("standard", "account.created", row, status=400, trouble="malformed"),
        Delivery("standard", "account.created", row, status=413, trouble="too_large"),
    ]
    draft.morning.append(steps)
    return "3 forged signatures, a stale timestamp, a malformed and a huge body: refused with 401, 400, 413"


def payments_seen(draft: Draft) -> str:
    kinds = ("invoice.paid", "payout.paid", "customer.updated")
    draft.morning.append([Delivery("stripe", kind, {"object": kind.partition(".")[0]}, repeats=1) for kind in kinds])
    return "3 Stripe events, each sent twice: kept once, skipped no_flow"


TROUBLE: tuple[Callable[[Draft], str], ...] = (
    missing_account,
    unknown_product,
    steep_discounts,
    broken_contract,
    unknown_company,
    refused_at_the_door,
    payments_seen,
)
