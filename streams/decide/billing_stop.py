"""New billing waits while a billing hold is raised, and goes on when it is released. Pure: the hold is a fact."""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Command, Stamped
from schemas.topics import COMMAND_ERP
from streams.decide.facts import Facts
from streams.decide.policy import Policy

#: Commands to the ERP that bill nobody. Every other one does. The money of a refund has gone back already.
_NO_BILLING = ("customer.upsert", "refund.credit")


def hold_new_billing(outcome: Outcome, event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """The outcome; a hold where it would bill an account that is stopped, and in the end a letter."""
    stop = facts.billing_stop
    if stop is None or not isinstance(outcome, Forward) or not bills(outcome):
        return outcome
    whom = "all accounts" if stop.whole_line else f"account {event.meta.account_id}"
    detail = f"new billing of {whom} is held ({stop.reason}, since {stop.since:%Y-%m-%d %H:%M} UTC)"
    until = (facts.held_since or now) + policy.hold_for(event.meta)
    if now >= until:
        help_ = f"settle what the hold {stop.hold_id} stands for, or have it released (`meshline drift release`)"
        return DeadLetter(Reason.HOLD_EXPIRED, detail, help_)
    return Hold(until, Wait(WaitKind.BILLING, stop.hold_id), Reason.HOLD_EXPIRED, detail)


def bills(outcome: Forward) -> bool:
    """Whether the ERP would be told something that a customer is billed for."""
    commands = [one.value for one in outcome.records if one.topic == COMMAND_ERP.name]
    return any(isinstance(one, Command) and one.kind not in _NO_BILLING for one in commands)
