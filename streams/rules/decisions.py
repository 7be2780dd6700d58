"""What rules may decide, and the facts that they may ask about. Closed: a rule on anything else is refused.

No fact is a binary fraction. Money is an integer of the currency's minor units, a percentage an integer of basis
points (2000 is 20 %), and the names say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Fact = str | int | bool
Facts = Mapping[str, Fact]
Value = bool | int | str | timedelta
ValueKind = Literal["yes or no", "basis points", "minor units", "months", "text", "duration"]

MOST_BASIS_POINTS = 10_000
MOST_BUCKETS = 100
MOST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class FactKind:
    """A fact's meaning, and values that the check tries. The first one is taken where an example leaves it out."""

    meaning: str
    samples: tuple[Fact, ...]
    most: int | None = None  #: of a number, or no bound
    closed: bool = False  #: the samples are all there is


@dataclass(frozen=True, slots=True)
class Decision:
    """Something that rules decide: always with one answer, at every instant."""

    name: str
    meaning: str
    kind: ValueKind
    facts: Mapping[str, FactKind]


FLOWS = ("customer", "order", "billing", "terms", "credit", "subscription", "lead", "refund", "state")
#: Flows that write a record's state, so that of many changes the newest says all.
GATHERED = ("customer", "terms", "billing")
_ACCOUNT = FactKind("the CRM's id of the customer account", ("acme", "globex"))
_FLOW = FactKind(f"{', '.join(FLOWS[:-1])}; state for records that no flow handles", FLOWS, closed=True)

_CURRENCY = FactKind("the currency, ISO 4217", ("EUR", "USD", "JPY"))
_SKU = FactKind("the product's code", ("SKU-001", "SKU-999"))
_WAITS_FOR = FactKind("lines, contract or signature", ("lines", "contract", "signature"), closed=True)
_CREDIT = {"account_id": _ACCOUNT, "currency": _CURRENCY}

_ALL = (
    Decision("flow", "Is the flow switched on?", "yes or no", {"flow": _FLOW}),
    Decision(
        "pilot",
        "Does the account take part in the flow?",
        "yes or no",
        {
            "flow": _FLOW,
            "account_id": _ACCOUNT,
            "bucket": FactKind(
                "0 to 99, fixed for an account: `bucket < 10` is a tenth of them", (0, 9, 50, 99), MOST_BUCKETS - 1
            ),
        },
    ),
    Decision(
        "discount.threshold",
        "Above which discount must an approval be recorded?",
        "basis points",
        {
            "account_id": _ACCOUNT,
            "country": FactKind("the account's country as the CRM has it, empty where unknown", ("", "DE", "US")),
            "currency": FactKind("the deal's currency, ISO 4217", ("EUR", "USD", "JPY")),
            "amount_minor": FactKind("the deal's amount in minor units: 1999 is 19.99 EUR", (0, 1, 100_000)),
        },
    ),
    Decision(
        "price.list",
        "What does a unit cost before any discount? 0 where nothing is listed.",
        "minor units",
        {"sku": _SKU, "currency": _CURRENCY},
    ),
    Decision(
        "price.tolerance",
        "How far below the list may a price be without an approval?",
        "basis points",
        {"account_id": _ACCOUNT, "sku": _SKU, "currency": _CURRENCY},
    ),
    Decision(
        "hold.account",
        "How long does an event wait for its account?",
        "duration",
        {"account_id": _ACCOUNT, "flow": _FLOW},
    ),
    Decision(
        "hold.lines",
        "How long does a deal wait for its line items or its contract, its invoice for the signature?",
        "duration",
        {"account_id": _ACCOUNT, "waits_for": _WAITS_FOR},
    ),
    Decision(
        "batch.window",
        "Over which window are changes of a record gathered, before its newest state is decided? 0: over none.",
        "duration",
        {
            "flow": FactKind(f"{', '.join(GATHERED)}; all others are decided as they come", GATHERED, closed=True),
            "account_id": _ACCOUNT,
            "overloaded": FactKind(
                "more waits for a system that the flow writes to than it takes", (False, True), closed=True
            ),
        },
    ),
    Decision(
        "billing.automatic",
        "Is the invoice of a deal's order composed and posted by itself, and not by an accountant?",
        "yes or no",
        {
            "account_id": _ACCOUNT,
            "currency": _CURRENCY,
            "amount_minor": FactKind("the deal's amount in minor units: 1999 is 19.99 EUR", (0, 1, 100_000)),
            "terms": FactKind("the contract's billing terms, empty where there is none", ("", "30 days")),
        },
    ),
    Decision("billing.account", "Which account of the general ledger earns the revenue?", "text", {"sku": _SKU}),
    Decision("billing.deferral", "Over how many months is the revenue earned? 0: at once.", "months", {"sku": _SKU}),
    Decision("credit.cap", "Up to which sum is a service credit within policy?", "minor units", _CREDIT),
    Decision("credit.period", "Over how long are service credits added up for the cap?", "duration", _CREDIT),
    Decision(
        "credit.approver",
        "May this person approve a service credit above the cap?",
        "yes or no",
        {
            "approver": FactKind("who is recorded as the approver in the CRM", ("ina", "noor.haddad")),
            "currency": _CURRENCY,
            "amount_minor": FactKind("the credit in minor units: 1999 is 19.99 EUR", (0, 1, 100_000)),
        },
    ),
)
DECISIONS: Mapping[str, Decision] = {decision.name: decision for decision in _ALL}


def defaults(decision: Decision) -> dict[str, Fact]:
    """The facts that an example starts from."""
    return {name: kind.samples[0] for name, kind in decision.facts.items()}
