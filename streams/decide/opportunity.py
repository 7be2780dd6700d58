"""FL3: an opportunity that is Closed Won becomes a sales order in the ERP, its customer first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from schemas.money import line_amount, net_price
from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Account, Envelope, Line, LineItem, Opportunity, OrderLine, OrderPlace
from streams.decide.account import customer_of
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.duplicate import wait_for_decision
from streams.decide.facts import Facts, known_account, known_opportunity
from streams.decide.policy import Policy
from streams.decide.price_list import below_list

CLOSED_WON = "Closed Won"


def decide_opportunity(opportunity: Opportunity, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL3 for an opportunity's own event."""
    if opportunity.meta.operation == "delete":
        return Skip(SkipWhy.NO_FLOW, "an opportunity deleted in the CRM; the reconciler tells whether an order is left")
    if opportunity.stage != CLOSED_WON:
        return Skip(SkipWhy.NOT_DUE, f"stage is {opportunity.stage}")
    return _order(opportunity, opportunity.meta, facts, policy, now)


def decide_line_item(item: LineItem, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """A line item travels inside its opportunity; one changed after Closed Won makes the order be decided again."""
    carried = Skip(SkipWhy.CARRIED_BY_PARENT, f"line of opportunity {item.opportunity_id}")
    opportunity = known_opportunity(facts)
    if opportunity is None or opportunity.stage != CLOSED_WON or opportunity.lines is not None:
        return carried
    if facts.opportunity_held or not _complete(opportunity, lines_of(opportunity, facts)):
        return carried
    outcome = _order(opportunity, item.meta, facts, policy, now)
    return carried if isinstance(outcome, Skip | Hold) else outcome


def _order(opportunity: Opportunity, cause: Envelope, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    account = known_account(facts)
    if account is None or facts.account is None:
        return _wait_for_account(opportunity, cause, facts, policy, now)
    lines = lines_of(opportunity, facts)
    obstacle = _obstacle(opportunity, cause, account, lines, facts, policy, now)
    if obstacle is not None:
        return obstacle
    waiting = wait_for_decision(account, cause, facts, policy, now)
    if waiting is not None:
        return waiting
    if facts.customer_code is None:
        raise ValueError(f"no customer code was reserved for account {account.id}")
    order = _order_body(opportunity, lines, facts)
    before = facts.opportunity if cause.entity == "line_item" else facts.known
    if before is not None and before.forwarded(fingerprint_of(order), cause.event_id):
        return Skip(
            SkipWhy.ECHO if cause.actor == policy.integration_user else SkipWhy.UNCHANGED, "the order is as last sent"
        )
    position = max([opportunity.meta.position, *(item.meta.position for item in facts.lines)])
    place = command_for("order.place", opportunity.id, order, cause, position, now)
    customer = customer_of(account, facts.customer_code)
    sent = facts.account.fingerprint is not None and facts.account.fingerprint_event != cause.event_id
    if customer is not None and not sent:  # the account's own event has not been through: its customer goes first
        first = command_for("customer.upsert", account.id, customer, cause, account.meta.position, now)
        return Forward((first, place))
    return Forward((place,))


def _obstacle(
    opportunity: Opportunity,
    cause: Envelope,
    account: Account,
    lines: Sequence[Line],
    facts: Facts,
    policy: Policy,
    now: datetime,
) -> Outcome | None:
    """What keeps the order from being placed, its account being known; None where nothing does."""
    if not _complete(opportunity, lines):
        return _incomplete(opportunity, cause, lines, facts, policy, now)
    if opportunity.contract_id and facts.contract is None:
        return _wait_for_contract(opportunity, cause, opportunity.contract_id, facts, policy, now)
    below = below_list(opportunity, account, lines, policy, cause.received_at)
    if below is not None:
        return below
    return _discount(opportunity, lines, policy.discount_threshold_percent(opportunity, account, cause.received_at))


def _wait_for_account(
    opportunity: Opportunity, cause: Envelope, facts: Facts, policy: Policy, now: datetime
) -> Outcome:
    until = (facts.held_since or now) + policy.hold_for(cause)
    account_id = opportunity.meta.account_id
    detail = f"opportunity {opportunity.id} belongs to account {account_id}, which has not arrived from the CRM"
    if now >= until:
        return DeadLetter(Reason.MISSING_ACCOUNT, detail)
    return Hold(until, Wait(WaitKind.ACCOUNT, account_id), Reason.MISSING_ACCOUNT, detail)


def _wait_for_contract(
    opportunity: Opportunity, cause: Envelope, contract_id: str, facts: Facts, policy: Policy, now: datetime
) -> Outcome:
    until = (facts.held_since or now) + policy.line_grace(cause, "contract")
    detail = f"opportunity {opportunity.id} is under contract {contract_id}, which has not arrived from the CRM"
    if now >= until:
        return DeadLetter(Reason.HOLD_EXPIRED, detail, "create the contract in the CRM, or take it off the opportunity")
    return Hold(until, Wait(WaitKind.CONTRACT, contract_id), Reason.HOLD_EXPIRED, detail)


def lines_of(opportunity: Opportunity, facts: Facts) -> tuple[Line, ...]:
    """The lines of a deal, from itself or from records of their own."""
    if opportunity.lines is not None:
        return tuple(opportunity.lines)
    return tuple(item.line for item in facts.lines if item.line is not None)


def _total(opportunity: Opportunity, lines: Sequence[Line]) -> Decimal:
    return sum(
        (line_amount(line.quantity, line.unit_price, line.discount_percent, opportunity.currency) for line in lines),
        Decimal(0),
    )


def _complete(opportunity: Opportunity, lines: Sequence[Line]) -> bool:
    enough = len(lines) == opportunity.line_count or opportunity.lines is not None
    return bool(lines) and enough and _total(opportunity, lines) == opportunity.amount


def _incomplete(
    opportunity: Opportunity, cause: Envelope, lines: Sequence[Line], facts: Facts, policy: Policy, now: datetime
) -> Outcome:
    currency = opportunity.currency
    detail = (
        f"opportunity {opportunity.id} says {opportunity.line_count} lines and {opportunity.amount} {currency}; "
        f"its {len(lines)} lines come to {_total(opportunity, lines)} {currency}"
    )
    if opportunity.lines is not None or opportunity.line_count == 0:
        return DeadLetter(Reason.CONTRACT_VIOLATION, detail, "correct the amount or the lines in the CRM")
    until = (facts.held_since or now) + policy.line_grace(cause, "lines")
    if now >= until:
        return DeadLetter(Reason.HOLD_EXPIRED, detail, "correct the amount or the lines in the CRM, then replay")
    return Hold(until, Wait(WaitKind.LINES, opportunity.id, opportunity.line_count), Reason.HOLD_EXPIRED, detail)


def _discount(opportunity: Opportunity, lines: Sequence[Line], threshold_percent: Decimal) -> DeadLetter | None:
    if opportunity.discount_approved_by:
        return None
    for line in lines:
        if line.discount_percent > threshold_percent:
            return DeadLetter(
                Reason.DISCOUNT_NEEDS_APPROVAL,
                f"opportunity {opportunity.id}, line {line.id} ({line.sku}): {line.discount_percent} % discount is "
                f"above {threshold_percent} %, and no approval is recorded",
                "record the approver on the opportunity, or lower the discount",
            )
    return None


def _order_body(opportunity: Opportunity, lines: Sequence[Line], facts: Facts) -> OrderPlace:
    currency = opportunity.currency
    return OrderPlace(
        customer_code=facts.customer_code or "",
        currency=currency,
        total=_total(opportunity, lines),
        contract_reference=facts.contract.reference if facts.contract else None,
        billing_terms=facts.contract.billing_terms if facts.contract else None,
        lines=[order_line(line, currency) for line in lines],
    )


def order_line(line: Line, currency: str) -> OrderLine:
    """A line as it is ordered and billed: its price after the discount."""
    return OrderLine(
        sku=line.sku,
        quantity=line.quantity,
        unit_price=net_price(line.unit_price, line.discount_percent),
        amount=line_amount(line.quantity, line.unit_price, line.discount_percent, currency),
    )
