"""DR5: a new account that is likely a customer already waits for people; so do its orders."""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import DeadLetter, Hold, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Account, Envelope
from streams.decide.facts import Facts
from streams.decide.policy import Policy
from streams.matching import Match, likely, profile_of

_TOLD = 3  #: candidates that a letter names


def suspects(account: Account, facts: Facts, policy: Policy) -> tuple[Match, ...]:
    """Which known accounts it likely is and nobody has said it is not. None for one that has the ERP's code."""
    if account.erp_customer_code:
        return ()
    left = (one for one in facts.alike if facts.verdicts.get(one.key) not in ("reject", "split"))
    return likely(profile_of(account), left, policy.duplicate_threshold)


def duplicate_letter(account: Account, facts: Facts, policy: Policy) -> DeadLetter | None:
    """The merge task: it names the candidates with score and reasons. None where nothing is suspected."""
    found = suspects(account, facts, policy)
    survivor = merged_into(facts)
    if survivor is not None:
        return DeadLetter(
            Reason.DUPLICATE_CUSTOMER,
            f"account {account.id} was merged into {survivor} and is no customer of its own",
            f"delete {account.id} in the CRM, then discard this letter",
        )
    if not found:
        return None
    told = "; ".join(f"{one.key} ({one.score:.2f}: {', '.join(one.reasons)})" for one in found[:_TOLD])
    return DeadLetter(
        Reason.DUPLICATE_CUSTOMER,
        f"account {account.id} is likely a customer that is known already: {', '.join(one.key for one in found)}",
        told,
    )


def wait_for_decision(
    account: Account, cause: Envelope, facts: Facts, policy: Policy, now: datetime
) -> Hold | DeadLetter | None:
    """What an order of such an account does: it waits, and in the end it is a letter too."""
    letter = duplicate_letter(account, facts, policy)
    if letter is None:
        return None
    until = (facts.held_since or now) + policy.hold_for(cause)
    if now >= until or merged_into(facts) is not None:
        survivor = merged_into(facts)
        help_ = f"move the deal to account {survivor} in the CRM" if survivor else letter.suggestion
        return DeadLetter(letter.reason, letter.detail, help_)
    return Hold(until, Wait(WaitKind.DECISION, account.id), letter.reason, letter.detail)


def merged_into(facts: Facts) -> str | None:
    """The account that people merged this one into."""
    return next((other for other, verdict in facts.verdicts.items() if verdict == "merge"), None)
