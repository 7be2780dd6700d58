"""DR1, SK4: a flow in batch mode gathers the changes of a record and decides its newest state at the window's end.

Which flows, and over which windows, is a rule (`batch.window`). Only flows that write a record's state are gathered, so
the newest state says all: customers to the ERP, what the ERP owns back to accounts, invoices to accounts and deals. All
others act once per event (an order, a credit, an amendment, a refund) and are decided as they come.

Only what would be written waits. Letters, skips and other waits are what they are at once, and so is a customer that
the ERP was never told of: orders need it. What comes of the newest state counts: of a record that is deleted, or whose
next state is a letter, nothing that waited is written any more. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from schemas.outcome import Forward, Hold, Outcome, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Account, Stamped
from streams.decide.facts import Facts
from streams.decide.policy import Policy

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def window_end(account_id: str, since: datetime, width: timedelta) -> datetime:
    """When the window ends that an instant is in: after it, by `width` at most.

    Windows of one account follow one another without a gap. Those of two accounts end at different times, so that what
    was gathered does not go out all at once.
    """
    share = int.from_bytes(sha256(f"window/{account_id}".encode()).digest()[:4], "big") / 2**32
    shift = timedelta(microseconds=int(share * (width // timedelta(microseconds=1))))
    return _EPOCH + shift + ((since - _EPOCH - shift) // width + 1) * width


def gather(outcome: Outcome, event: Stamped, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """The outcome; a hold until the window's end where the flow is in batch mode. What people sent again does not wait.

    A change joins the window that its record waits for already. Where that one is over and the record was not decided
    since, this change is: else a record that changes all the time would wait for ever.
    """
    if not isinstance(outcome, Forward) or facts.sent_again or _is_first(event, facts):
        return outcome
    width = policy.window(event.meta)
    if not width:
        return outcome
    until = window_end(event.meta.account_id, facts.held_since or now, width)
    until = min(until, facts.gathering) if facts.gathering is not None else until
    if now >= until:
        return outcome
    what = f"changes of {event.meta.entity} {event.meta.key}"
    busy = ", because what is to be written piles up" if policy.is_overloaded(event.meta) else ""
    detail = f"{what} are gathered until {until:%Y-%m-%d %H:%M:%S} UTC, in windows of {width}{busy}"
    return Hold(until, Wait(WaitKind.WINDOW, event.meta.key), Reason.HOLD_EXPIRED, detail)


def _is_first(event: Stamped, facts: Facts) -> bool:
    """It makes the customer that others of the account need. What was sent may be in doubt after a crash; that the ERP
    has the customer, or that a change of it waits already, is not.
    """
    never_sent = facts.known is None or facts.known.fingerprint is None
    return isinstance(event, Account) and never_sent and not facts.in_erp and facts.gathering is None
