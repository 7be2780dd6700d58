"""FL2: a customer changed in the ERP by its people updates the CRM's account, in the fields that the ERP owns.

Which these are is in `schemas/contracts/customer.yaml` (system of record: erp): the code, the payment terms, whether
the customer may be sold to. The others are the CRM's: changed in the ERP they are a drift, which the reconciler tells.

No echo: what this writes comes back as a change of the account whose CRM-owned fields are unchanged (FL1 skips it), and
what FL1 writes comes back as a change of the customer whose ERP-owned fields are unchanged (skipped here). Content
decides, not the last writer: both sides may have written before the ERP was polled.
"""

from __future__ import annotations

from datetime import datetime

from schemas.outcome import Forward, Outcome, Skip, SkipWhy
from schemas.records import Account, AccountWriteBack, Customer
from streams.decide.commands import command_for, fingerprint_of
from streams.decide.facts import Facts, known_account
from streams.decide.policy import Policy


def owned_by_erp(customer: Customer) -> AccountWriteBack:
    """The account's fields as the ERP has them; an empty text is a field that the ERP holds nothing in."""
    return AccountWriteBack(
        erp_customer_code=customer.code,
        payment_terms=customer.payment_terms or "",
        erp_status=customer.status or "",
    )


def decide_customer(customer: Customer, facts: Facts, policy: Policy, now: datetime) -> Outcome:
    """FL2 for one customer at full state."""
    meta = customer.meta
    account = known_account(facts)
    if account is None or facts.account is None or not facts.account.in_crm:
        return Skip(SkipWhy.NO_FLOW, "the customer has no account in the CRM's database")
    body = owned_by_erp(customer)
    known = facts.known
    repeated = known is not None and known.forwarded(fingerprint_of(body), meta.event_id)
    if repeated or _is_news_to_nobody(customer, account, facts):
        ours = meta.actor == policy.integration_user
        return Skip(SkipWhy.ECHO if ours else SkipWhy.UNCHANGED, "the fields that the ERP owns are as the CRM has them")
    return Forward((command_for("account.terms", account.id, body, meta, meta.position, now),))


def _is_news_to_nobody(customer: Customer, account: Account, facts: Facts) -> bool:
    """Nothing was ever sent, and nothing has to be: the CRM shows these values, and so did the ERP before.

    Once something was sent the CRM may show less than was sent, so then only what was sent counts. A known customer at
    version 0 is one whose last decision was perhaps undone: it is decided anew.
    """
    known = facts.known
    if known is not None and (known.fingerprint is not None or known.position[0] == 0):
        return False
    before = known.record if known is not None else None
    if isinstance(before, Customer) and owned_by_erp(before) != owned_by_erp(customer):
        return False
    return (
        customer.code in (None, account.erp_customer_code, facts.customer_code)
        and (customer.payment_terms or "") == (account.payment_terms or "")
        and (customer.status or "") == (account.erp_status or "")
    )
