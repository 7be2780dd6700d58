"""FL1: an account created or changed in the CRM becomes a customer in the ERP, under a code reserved beforehand."""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import DeadLetter, Forward, Outcome, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import Account, CustomerUpsert
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.duplicate import duplicate_letter
from streams.decide.facts import Facts
from streams.decide.policy import Policy
from streams.standards import refusal, standardise_fields, suggestion_of


def customer_of(account: Account, code: str) -> CustomerUpsert | None:
    """The customer that the account becomes; None while it has no name."""
    if not account.name:
        return None
    return CustomerUpsert(
        code=code,
        name=account.name,
        tax_id=account.tax_id,
        email=account.email,
        phone=account.phone,
        street=account.street,
        city=account.city,
        postal_code=account.postal_code,
        state=account.state,
        country=account.country,
    )


def decide_account(account: Account, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL1 for one account at full state."""
    if account.meta.operation == "delete":
        return Skip(SkipWhy.NO_FLOW, "an account deleted in the CRM stays a customer in the ERP; the reconciler tells")
    if facts.customer_code is None:
        raise ValueError(f"no customer code was reserved for account {account.id}")
    customer = customer_of(account, facts.customer_code)
    if customer is None:
        return DeadLetter(
            Reason.CONTRACT_VIOLATION, f"account {account.id}: name is empty", "give the account a name in the CRM"
        )
    faults = standardise_fields("Account", {"country": account.country, "state": account.state}).faults
    if faults:  # one of them came alone, and now does not fit the other
        return DeadLetter(Reason.CONTRACT_VIOLATION, refusal("Account", faults), suggestion_of(faults))
    duplicate = duplicate_letter(account, facts, policy)
    if duplicate is not None:
        return duplicate
    if facts.known is not None and facts.known.forwarded(fingerprint_of(customer), account.meta.event_id):
        ours = account.meta.actor == policy.integration_user
        return Skip(SkipWhy.ECHO if ours else SkipWhy.UNCHANGED, "the ERP's fields are as they were last sent")
    return Forward((command_for("customer.upsert", account.id, customer, account.meta, account.meta.position, now),))
