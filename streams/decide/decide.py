"""The one place where an event meets its flow: `decide(event, facts, policy, now) -> Outcome`, total and pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from schemas.codec import ContractViolation
from schemas.contracts.check import checked
from schemas.contracts.tell import model_faults, violation_text
from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import (
    Account,
    Charge,
    Customer,
    Invoice,
    Lead,
    LineItem,
    Opportunity,
    Order,
    Refund,
    Stamped,
    Subscription,
    SupportCase,
)
from streams.decide.account import decide_account
from streams.decide.billing_stop import hold_new_billing
from streams.decide.case import decide_case
from streams.decide.conflict import believed, clashes, settle, stopped
from streams.decide.customer import decide_customer
from streams.decide.facts import Facts
from streams.decide.gather import gather
from streams.decide.invoice import decide_invoice
from streams.decide.lead import decide_lead
from streams.decide.opportunity import decide_line_item, decide_opportunity
from streams.decide.policy import Policy
from streams.decide.project import is_stale
from streams.decide.refund import decide_charge, decide_refund, whose
from streams.decide.subscription import decide_subscription
from streams.decide.write_back import follow_ups_of
from streams.rules import Undecided

__all__ = ["decide", "decide_effect"]

decide_effect = follow_ups_of


def decide(event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """What comes of an event at full state (`project.complete`). The same arguments always give the same outcome."""
    if is_stale(event, facts):
        return Skip(SkipWhy.STALE, "a newer version of the record is known")
    try:
        about = whose(event, facts)
        return (about and policy.stands_aside(about)) or _decided(event, facts, policy, now)
    except Undecided as error:
        return _undecided(error)
    except ValidationError as error:  # what the event asks for does not fit a command: its failure, not ours
        faults = model_faults(error.errors(include_url=False, include_context=False))
        return DeadLetter(Reason.CONTRACT_VIOLATION, violation_text(error.title, faults))


def _decided(event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    outcome = hold_new_billing(_kept(_owned(event, facts, policy, now)), event, facts, policy, now)
    return gather(outcome, event, facts, policy, now)


def _undecided(error: Undecided) -> DeadLetter:
    """A letter, not a guess: nothing goes out by a rule that has no answer."""
    return DeadLetter(Reason.UNCLASSIFIED, f"the rules do not decide: {error}", "mend or revert the rules, then replay")


def _kept(outcome: Outcome) -> Outcome:
    """The outcome, or a letter where a record that it would forward breaks its contract."""
    if isinstance(outcome, Forward):
        for record in outcome.records:
            problem = checked(record.value)
            if isinstance(problem, ContractViolation):
                return DeadLetter(Reason.CONTRACT_VIOLATION, str(problem))
    return outcome


#: Whose events they are -> what becomes of one at full state.
_FLOWS: dict[type[Stamped], Callable[[Any, Facts, Policy, datetime], Outcome]] = {
    Account: decide_account,
    Opportunity: decide_opportunity,
    LineItem: decide_line_item,
    Invoice: decide_invoice,
    Customer: decide_customer,
    SupportCase: decide_case,
    Lead: decide_lead,
    Subscription: decide_subscription,
    Charge: decide_charge,
    Refund: decide_refund,
}


def _owned(event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """The flow's outcome, where who owns a field (DR2, DR3) does not say another."""
    user = policy.integration_user
    found = clashes(event, facts, user)
    letter = stopped(event, found)
    if letter is not None:
        return letter
    return settle(event, found, facts, _flow(believed(event, found), facts, policy, now), user, now)


def _flow(event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    flow = _FLOWS.get(type(event))
    if flow is not None:
        return flow(event, facts, policy, now)
    if isinstance(event, Order) and event.meta.actor == policy.integration_user:
        return Skip(SkipWhy.ECHO, "our own write; its state is kept for the reconciler")
    return Skip(SkipWhy.NO_FLOW, f"no flow for {event.meta.entity}; its state is kept where it is compared")


def decide_patch(event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """A patch of a record that is not known: it waits for the record."""
    detail = f"{event.meta.entity} {event.meta.key} was changed in part, but the record itself has not arrived"
    if event.meta.entity != "account":
        return DeadLetter(Reason.CONTRACT_VIOLATION, detail)
    try:
        until = (facts.held_since or now) + policy.hold_for(event.meta)
    except Undecided as error:
        return _undecided(error)
    if now >= until:
        return DeadLetter(Reason.MISSING_ACCOUNT, detail)
    return Hold(until, Wait(WaitKind.ACCOUNT, event.meta.key), Reason.MISSING_ACCOUNT, detail)
