"""FL7: a case closed with an approved service credit becomes a credit note in the ERP, within policy.

Credits of an account and a currency are added up over a period (`credit.period`). While the sum is within the cap
(`credit.cap`) any recorded approver will do; above it only one whom `credit.approver` names. The sum counts
- what was approved in cases that were closed earlier in the period, whether the ERP has it yet or not, and
- what was sent to the ERP for cases closed later in it: a case that arrives late takes nothing that is spent.
A case whose credit is not to count any more says so itself: without approver, or without amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from schemas.money import round_money
from schemas.outcome import DeadLetter, Forward, Outcome, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import Account, CreditGrant, SupportCase
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.duplicate import wait_for_decision
from streams.decide.facts import Facts, Known, known_account
from streams.decide.parent import customer_first, wait_for_account
from streams.decide.policy import Policy

CLOSED = "closed"


def decide_case(case: SupportCase, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL7 for one case at full state."""
    idle = _idle(case)
    if idle is not None:
        return idle
    account = known_account(facts)
    if account is None:
        return wait_for_account(f"case {case.id}", case.meta, facts, policy, now)
    if case.currency is None or case.closed_at is None:
        lack = "currency" if case.currency is None else "closed_at"
        return DeadLetter(Reason.CONTRACT_VIOLATION, f"case {case.id}: {lack} is empty, and it asks for a credit")
    if not case.credit_approved_by:
        detail = f"case {case.id} was closed with a credit of {case.credit_amount} {case.currency} that nobody approved"
        return DeadLetter(
            Reason.CREDIT_NEEDS_APPROVAL, detail, "record the approver on the case, or take the credit off"
        )
    return _credit(case, account, facts, policy, now)


def _idle(case: SupportCase) -> Skip | None:
    if case.meta.operation == "delete":
        return Skip(SkipWhy.NO_FLOW, "a case deleted in the CRM; a credit note that it led to stays")
    if case.status != CLOSED:
        return Skip(SkipWhy.NOT_DUE, f"the case is {case.status}")
    if not case.credit_amount:
        return Skip(SkipWhy.NOT_DUE, "the case was closed without a credit")
    return None


def _credit(case: SupportCase, account: Account, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    waiting = wait_for_decision(account, case.meta, facts, policy, now)
    if waiting is not None:
        return waiting
    body = CreditGrant(
        customer_code=facts.customer_code or "",
        currency=case.currency or "",
        amount=case.credit_amount or Decimal(0),
        granted_on=(case.closed_at or now).date(),
        approved_by=case.credit_approved_by or "",
        reason=case.credit_reason,
    )
    if facts.known is not None and facts.known.forwarded(fingerprint_of(body), case.meta.event_id):
        ours = case.meta.actor == policy.integration_user
        return Skip(SkipWhy.ECHO if ours else SkipWhy.UNCHANGED, "the credit is as it was last sent")
    refused = _above_the_cap(case, body, account, facts, policy)
    if refused is not None:
        return refused
    first = customer_first(account, case.meta, facts, now)
    return Forward((*first, command_for("credit.grant", case.id, body, case.meta, case.meta.position, now)))


def _above_the_cap(
    case: SupportCase, body: CreditGrant, account: Account, facts: Facts, policy: Policy
) -> DeadLetter | None:
    at = case.meta.received_at
    cap, period = policy.credit_cap(account, body.currency, at), policy.credit_period(account, body.currency, at)
    before = sum((one.credit_amount or Decimal(0) for one in _counted(case, facts, period.total_seconds())), Decimal(0))
    if before + body.amount <= cap:
        return None
    allowed, why = policy.may_approve_credit(body.approved_by, body.amount, body.currency, at)
    if allowed:
        return None
    asked, other = (f"{round_money(money, body.currency)} {body.currency}" for money in (body.amount, before))
    days = f"{period.total_seconds() / 86400:g} days"
    return DeadLetter(
        Reason.CREDIT_NEEDS_APPROVAL,
        f"case {case.id}: a credit of {asked} and {other} of other cases within {days} "
        f"are above the cap of {cap} {body.currency}, and {body.approved_by} may not approve that",
        f"{why}: have it recorded on the case, or lower the credit",
    )


def _counted(case: SupportCase, facts: Facts, period_s: float) -> Iterator[SupportCase]:
    """The other cases of the account whose credits count with this one's."""
    for known in facts.cases:
        other = known.record
        if not isinstance(other, SupportCase) or other.id == case.id or not _approved(other, known):
            continue
        if other.currency != case.currency or case.closed_at is None or other.closed_at is None:
            continue
        apart = (case.closed_at - other.closed_at).total_seconds()
        earlier = (other.closed_at, other.id) < (case.closed_at, case.id)
        if abs(apart) < period_s and (earlier or known.fingerprint is not None):
            yield other


def _approved(case: SupportCase, known: Known) -> bool:
    return bool(not known.deleted and case.status == CLOSED and case.credit_amount and case.credit_approved_by)
