"""FL8: a subscription that begins, is changed or cancelled amends what the ERP bills for it, pro-rated to the cent.

Intervals are billed in advance and whole, so a change within one bills by the new state from the next interval on, and
the days until then are corrected in one sum.

The command says what is to be, not what was: what was billed is in the ERP, in the schedule and by which revision it
bills. The sink reads it there and takes the difference. So a repeat, a crash, or facts that had to be doubted change
nothing: the same state of a subscription is always the same command, and nothing here remembers what was billed.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, Wait, WaitKind
from schemas.prorate import MONTHS, cost_between, interval_at, price_of
from schemas.reasons import Reason
from schemas.records import Account, ScheduleAmend, Subscription
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.duplicate import wait_for_decision
from streams.decide.facts import Facts, known_account
from streams.decide.parent import customer_first, wait_for_account
from streams.decide.policy import Policy

ACTIVE, CANCELLED = "active", "cancelled"


def decide_subscription(subscription: Subscription, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL8 for one subscription at full state."""
    if subscription.meta.operation == "delete":
        return Skip(SkipWhy.NO_FLOW, "a subscription deleted in the CRM is not cancelled by that")
    if subscription.status == CANCELLED and subscription.revision == 1:
        return Skip(SkipWhy.NOT_DUE, "the subscription was cancelled before it was billed")
    account = known_account(facts)
    if account is None:
        return wait_for_account(f"subscription {subscription.id}", subscription.meta, facts, policy, now)
    waiting = wait_for_decision(account, subscription.meta, facts, policy, now)
    stopped = subscription_refused(subscription) or waiting or _behind(subscription, facts, policy, now)
    return stopped or _amend(subscription, account, facts, policy, now)


def _behind(subscription: Subscription, facts: Facts, policy: Policy, now: datetime) -> Outcome | None:
    """A revision does not overtake one that is on hold: the ERP takes them in their order only."""
    if not facts.earlier_waits or facts.billing_stop is not None:  # of a stop they all wait, and go on in order
        return None
    cause = subscription.meta
    detail = f"revision {subscription.revision} of subscription {subscription.id} waits for the one before it"
    until = (facts.held_since or now) + policy.hold_for(cause)
    if now >= until:
        return DeadLetter(Reason.HOLD_EXPIRED, detail, "settle the letter of the revision before it, then replay this")
    return Hold(until, Wait(WaitKind.ACCOUNT, cause.account_id), Reason.HOLD_EXPIRED, detail)


def _amend(subscription: Subscription, account: Account, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    cause = subscription.meta
    body = schedule_of(subscription, facts.customer_code or "")
    if facts.known is not None and facts.known.forwarded(fingerprint_of(body), cause.event_id):
        ours = cause.actor == policy.integration_user
        return Skip(SkipWhy.ECHO if ours else SkipWhy.UNCHANGED, f"revision {body.revision} is as it was last sent")
    first = customer_first(account, cause, facts, now)
    return Forward((*first, command_for("schedule.amend", subscription.id, body, cause, cause.position, now)))


def schedule_of(subscription: Subscription, code: str) -> ScheduleAmend:
    """What the ERP is to bill, from when on, and what the days before that cost by this state."""
    held, start, kind = subscription.effective_on, subscription.starts_on, subscription.billing_interval
    interval = interval_at(start, held, kind)
    bills_from = held if held == interval.start else interval.end
    price = Decimal(0)
    if subscription.status == ACTIVE:
        price = price_of(subscription.quantity, subscription.unit_price, subscription.currency)
    names = set(ScheduleAmend.model_fields) & set(Subscription.model_fields)
    fields = {name: getattr(subscription, name) for name in names}
    worth = cost_between(price, start, kind, (held, bills_from), subscription.currency)
    return ScheduleAmend(**fields, customer_code=code, bills_from=bills_from, adjustment=worth)


def subscription_refused(subscription: Subscription) -> DeadLetter | None:
    """What no schedule can be made of."""
    who = f"subscription {subscription.id}, revision {subscription.revision}"
    held, start = subscription.effective_on, subscription.starts_on
    if subscription.status not in (ACTIVE, CANCELLED):
        return _letter(f"{who}: the status {subscription.status} is neither active nor cancelled", "correct the status")
    if subscription.billing_interval not in MONTHS:
        return _letter(
            f"{who}: {subscription.billing_interval} is no billing interval", "bill by month, quarter or year"
        )
    if held < start:
        return _letter(
            f"{who} holds from {held}, before the first day {start}", "let it hold from the first day or later"
        )
    if subscription.revision == 1 and subscription.status == ACTIVE and held != start:
        return _letter(f"{who} holds from {held}, but begins on {start}", "the first revision holds from the first day")
    return None


def _letter(detail: str, suggestion: str) -> DeadLetter:
    return DeadLetter(Reason.CONTRACT_VIOLATION, detail, suggestion)
