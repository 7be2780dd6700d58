"""What every flow asks of the account that its record belongs to: is it known, and does the ERP have its customer?"""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import DeadLetter, Hold, Outcome, Record, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Account, Envelope
from streams.decide.account import customer_of
from streams.decide.commands import command_for
from streams.decide.facts import Facts
from streams.decide.policy import Policy


def wait_for_account(what: str, cause: Envelope, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """The record, named by `what`, waits for its account; in the end it is a letter."""
    until = (facts.held_since or now) + policy.hold_for(cause)
    detail = f"{what} belongs to account {cause.account_id}, which has not arrived from the CRM"
    if now >= until:
        return DeadLetter(Reason.MISSING_ACCOUNT, detail)
    return Hold(until, Wait(WaitKind.ACCOUNT, cause.account_id), Reason.MISSING_ACCOUNT, detail)


def customer_first(account: Account, cause: Envelope, facts: Facts, now: datetime) -> tuple[Record, ...]:
    """The command for the customer, where the account's own event has not been through. Raises ValueError."""
    if facts.customer_code is None or facts.account is None:
        raise ValueError(f"no customer code was reserved for account {account.id}")
    customer = customer_of(account, facts.customer_code)
    sent = facts.account.fingerprint is not None and facts.account.fingerprint_event != cause.event_id
    if customer is None or sent:
        return ()
    return (command_for("customer.upsert", account.id, customer, cause, account.meta.position, now),)
