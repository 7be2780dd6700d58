"""FL10: a lead that becomes billable is a customer with a first order in the ERP; its tags go with the order.

A lead of no account is a customer under the lead's own id, which the account made of it takes over. What the CRM's side
of such a customer and order is, for the reconciler, the lead tells too.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from schemas.money import line_amount
from schemas.outcome import DeadLetter, Forward, Outcome, Record, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import Account, Lead, Opportunity, OrderLine, OrderPlace
from schemas.topics import STATE_CRM
from streams.decide.account import customer_of
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.duplicate import duplicate_letter, wait_for_decision
from streams.decide.facts import Facts, known_account
from streams.decide.opportunity import CLOSED_WON
from streams.decide.parent import customer_first, wait_for_account
from streams.decide.policy import Policy

BILLABLE = "billable"
_NEEDED = ("name", "currency", "sku", "quantity", "unit_price")


def as_account(lead: Lead) -> Account:
    """The account that the lead stands for while it has none."""
    names = set(Account.model_fields) & set(Lead.model_fields)
    return Account(**{name: getattr(lead, name) for name in names})


def stands_alone(lead: Lead) -> bool:
    """Whether it belongs to no account."""
    return lead.meta.account_id == lead.id


def lead_states(lead: Lead) -> tuple[Record, ...]:
    """The CRM's side of what a billable lead became, as the reconciler compares it."""
    if lead.status != BILLABLE or any(getattr(lead, name) is None for name in _NEEDED):
        return ()
    deal = Opportunity(
        meta=lead.meta,
        id=lead.id,
        name=lead.name,
        stage=CLOSED_WON,
        currency=lead.currency or "",
        amount=_line(lead).amount,
        line_count=1,
        erp_order_number=lead.erp_order_number,
    )
    found = [("opportunity", deal), *([("account", as_account(lead))] if stands_alone(lead) else [])]
    return tuple(Record(STATE_CRM[entity].name, lead.id, lead.meta.account_id, one) for entity, one in found)


def decide_lead(lead: Lead, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL10 for one lead at full state."""
    idle = _idle(lead)
    if idle is not None:
        return idle
    if not stands_alone(lead) and known_account(facts) is None:  # nor is there a customer code before the account
        return wait_for_account(f"lead {lead.id}", lead.meta, facts, policy, now)
    order = _order(lead, facts)
    if facts.known is not None and facts.known.forwarded(fingerprint_of(order), lead.meta.event_id):
        ours = lead.meta.actor == policy.integration_user
        return Skip(SkipWhy.ECHO if ours else SkipWhy.UNCHANGED, "the first order is as last sent")
    customer = _customer(lead, facts, policy, now)
    if not isinstance(customer, tuple):
        return customer
    return Forward((*customer, command_for("lead.order", lead.id, order, lead.meta, lead.meta.position, now)))


def _idle(lead: Lead) -> Skip | DeadLetter | None:
    """Why nothing can come of it; None where it is billable and complete."""
    if lead.meta.operation == "delete":
        return Skip(SkipWhy.NO_FLOW, "a lead deleted in the CRM; a customer and an order that it led to stay")
    if lead.status != BILLABLE:
        return Skip(SkipWhy.NOT_DUE, f"the lead is {lead.status}")
    missing = [name for name in _NEEDED if getattr(lead, name) in (None, "")]
    if not missing:
        return None
    detail = f"lead {lead.id} is billable, and has no {', '.join(missing)}"
    return DeadLetter(Reason.CONTRACT_VIOLATION, detail, "complete the lead in the CRM")


def _customer(lead: Lead, facts: Facts, policy: Policy, now: datetime) -> tuple[Record, ...] | Outcome:
    """The commands that make its customer, none where there is one; or what keeps it from being made."""
    account = known_account(facts)
    if account is not None:  # its own, or the one that was made of it
        return wait_for_decision(account, lead.meta, facts, policy, now) or customer_first(
            account, lead.meta, facts, now
        )
    duplicate = duplicate_letter(as_account(lead), facts, policy)
    if duplicate is not None:
        return duplicate
    body = customer_of(as_account(lead), facts.customer_code or "")
    assert body is not None  # it has a name
    return (command_for("lead.customer", lead.id, body, lead.meta, lead.meta.position, now),)


def _line(lead: Lead) -> OrderLine:
    quantity, price = lead.quantity or Decimal(0), lead.unit_price or Decimal(0)
    amount = line_amount(quantity, price, Decimal(0), lead.currency or "")
    return OrderLine(sku=lead.sku or "", quantity=quantity, unit_price=price, amount=amount)


def _order(lead: Lead, facts: Facts) -> OrderPlace:
    line = _line(lead)
    return OrderPlace(
        customer_code=facts.customer_code or "",
        currency=lead.currency or "",
        total=line.amount,
        lines=[line],
        campaign=lead.campaign,
        channel=lead.channel,
    )
