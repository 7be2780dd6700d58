"""FL4: which drafts are composed and posted, what they are composed of, and what waits or is left to people."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Skip, SkipWhy, WaitKind
from schemas.reasons import Reason
from schemas.records import Command, Contract, Invoice, InvoiceDraft, Opportunity, OpportunityWriteBack
from streams.decide import Facts, Known, Policy, decide, decide_effect
from streams.decide.facts import BillingStop
from streams.facts.view import View
from streams.rules import rules_of, shipped_texts
from tests.unit.streams.decide.cases import NOW, D, deal, facts, invoice, item, line, meta
from tests.unit.streams.decide.test_other_decisions import effect

_TEXTS = {name: text.replace("from: null", "from: 1970-01-01T00:00:00Z") for name, text in shipped_texts().items()}
_RULE = "automatic-billing.yaml"


def automatic(when: str = "true") -> Policy:
    """The shipped rules, with automatic billing where this holds."""
    row = f"  - {{when: {when!r}, value: 'true', why: a wave}}\nrows_"
    text = _TEXTS[_RULE].replace("rows:\n", f"rows:\n{row}").replace("rows_", "")
    return Policy(rules_of({**_TEXTS, _RULE: text}))


POLICY = automatic()
YEAR = line("a", "2", "441.60")
DEVICE = line("b", "1", "10", position=1)
SOLD = tuple(item(one) for one in (YEAR, DEVICE))
BILLED = ["account.billing", "invoice.draft", "invoice.post", "opportunity.billing"]
TOLD = ["account.billing", "opportunity.billing"]


def contract(**over: Any) -> Contract:
    values: dict[str, Any] = {
        "id": "k1",
        "reference": " PO  2026/0117 ",
        "billing_terms": "30 days",
        "signed_at": NOW,
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2027, 3, 31),
    }
    return Contract(meta=meta("contract", "k1"), **(values | over))


def draft(total: str = "893.20", **over: Any) -> Invoice:
    fields = {name: over.pop(name) for name in ("number",) if name in over} or {"number": None}
    return invoice("1", total, **({"state": "draft", "balance": "0"} | over)).model_copy(update=fields)


def at(won: Opportunity | None = None, signed: Contract | None = None, **over: Any) -> Facts:
    """The deal of two lines is known, and under a contract, where one is given."""
    found = won or deal(YEAR, DEVICE, contract_id=signed and "k1")
    return facts(*SOLD, opportunity=Known(found, in_crm=True), contract=signed, **over)


def kinds(outcome: Outcome) -> list[str]:
    assert isinstance(outcome, Forward), outcome
    return sorted(record.value.kind for record in outcome.records if isinstance(record.value, Command))


def composed(outcome: Outcome) -> InvoiceDraft:
    """The one body of both steps."""
    assert isinstance(outcome, Forward), outcome
    commands = [one.value for one in outcome.records if isinstance(one.value, Command) and one.value.invoice]
    first, second = commands
    assert (first.kind, second.kind) == ("invoice.draft", "invoice.post")
    assert (first.key, first.invoice) == (second.key, second.invoice) == ("d1", first.invoice)
    assert first.invoice is not None
    return first.invoice


CASES: dict[str, tuple[Invoice, Facts, Any]] = {
    "a draft of a deal without a contract": (draft(), at(), BILLED),
    "a draft under a signed contract": (draft(), at(signed=contract()), BILLED),
    "the contract is not signed": (draft(), at(signed=contract(signed_at=None)), WaitKind.SIGNATURE),
    "the contract has gone": (draft(), at(deal(YEAR, DEVICE, contract_id="k1")), WaitKind.SIGNATURE),
    "not signed in all the time": (
        draft(),
        at(signed=contract(signed_at=None), held_since=NOW - timedelta(hours=720)),
        Reason.HOLD_EXPIRED,
    ),
    "billing is held": (draft(), at(billing_stop=BillingStop("h", "drift", NOW)), WaitKind.BILLING),
    "posted": (draft(state="posted"), at(), TOLD),
    "cancelled": (draft(state="cancelled"), at(), TOLD),
    "a credit note": (draft("-893.20"), at(), TOLD),
    "not of a deal of the CRM": (draft(order_id=None), replace(at(), opportunity=None), ["account.billing"]),
    "the deal is deleted": (draft(), replace(at(), opportunity=Known(deal(YEAR, DEVICE), True, in_crm=True)), TOLD),
    "the deal is not won any more": (draft(), at(deal(YEAR, DEVICE, stage="Negotiation")), TOLD),
    "the deal's lines do not come to its amount": (draft(), at(deal(YEAR, DEVICE, amount=D("893.21"))), TOLD),
    "in another currency than the deal": (draft(currency="USD"), at(), TOLD),
    "the account is not known": (draft(), at(account=None), ["opportunity.billing"]),
    "another invoice has billed the deal": (draft(), at(invoices=(draft(), invoice("2", tick=2))), TOLD),
    "itself is no other one": (draft(), at(invoices=(draft(state="posted"),)), BILLED),
    "the other one was cancelled": (draft(), at(invoices=(draft(), invoice("2", state="cancelled"))), BILLED),
    "the other one is a credit note": (draft(), at(invoices=(draft(), invoice("2", "-5"))), BILLED),
    "the other one is over nothing": (draft(), at(invoices=(draft(), invoice("2", "0"))), BILLED),
    "the other one is over a cent": (draft(), at(invoices=(draft(), invoice("2", "0.01"))), TOLD),
    "the other one bills another deal": (draft(), at(invoices=(draft(), invoice("2", order_id="d2"))), BILLED),
}


@pytest.mark.parametrize("name", CASES)
def test_an_invoice(name: str) -> None:
    event, known, wanted = CASES[name]
    outcome = decide(event, known, POLICY, NOW)
    if isinstance(wanted, WaitKind):
        assert isinstance(outcome, Hold)
        assert outcome.waiting_for.kind is wanted
    elif isinstance(wanted, Reason):
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is wanted
    else:
        assert kinds(outcome) == wanted


def test_as_shipped_nothing_is_posted_by_itself() -> None:
    assert kinds(decide(draft(), at(signed=contract()), Policy(), NOW)) == TOLD


@pytest.mark.parametrize(
    ("when", "wanted"),
    [
        ('account_id == "a1"', BILLED),
        ('account_id == "a2"', TOLD),
        ('terms == "30 days"', BILLED),
        ('terms == ""', TOLD),
        ('currency == "EUR" && amount_minor == 89320', BILLED),
        ("amount_minor > 89320", TOLD),
    ],
)
def test_a_rule_says_which_are(when: str, wanted: list[str]) -> None:
    assert kinds(decide(draft(), at(signed=contract()), automatic(when), NOW)) == wanted


def test_terms_and_reference_are_the_contract_s_and_lines_the_deal_s() -> None:
    body = composed(decide(draft(), at(signed=contract()), POLICY, NOW))
    assert (body.erp_id, body.currency, body.total) == ("1", "EUR", D("893.20"))
    assert (body.reference, body.payment_terms) == ("PO 2026/0117", "30 days")
    assert [(one.sku, one.quantity, one.unit_price, one.amount) for one in body.lines] == [
        ("SKU-a", D(2), D("441.60"), D("883.20")),
        ("SKU-b", D(1), D("10"), D("10.00")),
    ]
    bare = composed(decide(draft(), at(), POLICY, NOW))
    assert (bare.reference, bare.payment_terms) == (None, None)


SIGNED = contract()
TERMS: dict[str, tuple[str, Contract | None, dict[str, Any], tuple[str, Any, Any]]] = {
    "sold for a year, over the contract's days": (
        "SKU-001",
        SIGNED,
        {},
        ("4.2.2", date(2026, 4, 1), date(2027, 3, 31)),
    ),
    "a contract without an end: a year": (
        "SKU-001",
        contract(ends_on=None),
        {},
        ("4.2.2", date(2026, 4, 1), date(2027, 3, 31)),
    ),
    "an end before the start counts as none": (
        "SKU-001",
        contract(ends_on=date(2026, 4, 1)),
        {},
        ("4.2.2", date(2026, 4, 1), date(2027, 3, 31)),
    ),
    "no contract: from the day on which the deal was closed": (
        "SKU-001",
        None,
        {"close_date": date(2028, 2, 29)},
        ("4.2.2", date(2028, 2, 29), date(2029, 2, 27)),
    ),
    "no day at all: from the draft's": ("SKU-001", None, {}, ("4.2.2", date(2026, 3, 10), date(2027, 3, 9))),
    "a device is earned at once": ("SKU-013", SIGNED, {}, ("4.1.1", None, None)),
    "an hour's work, too": ("SKU-010", SIGNED, {}, ("4.1.2", None, None)),
}


@pytest.mark.parametrize("name", TERMS)
def test_where_and_when_a_line_is_earned(name: str) -> None:
    sku, signed, fields, wanted = TERMS[name]
    sold = YEAR.model_copy(update={"sku": sku})
    won = deal(sold, contract_id=signed and "k1", **fields)
    known = facts(item(sold), opportunity=Known(won, in_crm=True), contract=signed)
    (billed,) = composed(decide(draft("883.20"), known, POLICY, NOW)).lines
    assert (billed.account, billed.defer_from, billed.defer_to) == wanted


def test_accounts_follow_the_rule_in_force_when_the_draft_was_received() -> None:
    name = "revenue-accounts.yaml"
    old = _TEXTS[name].replace("to: null", "to: 2026-03-10T12:00:00Z")
    new = (
        _TEXTS[name]
        .replace("from: 1970-01-01T00:00:00Z", "from: 2026-03-10T12:00:00Z")
        .replace("version: 1", "version: 2")
    )
    changed = {**_TEXTS, _RULE: _TEXTS[_RULE].replace('value: "false"', 'value: "true"')}
    rules = rules_of({**changed, name: old, f"new-{name}": new.replace('"4.1.2"', '"4.2.1"')})
    accounts = []
    for received in (NOW - timedelta(microseconds=1), NOW):
        event = draft()
        stamp = event.meta.model_copy(update={"received_at": received})
        body = composed(decide(event.model_copy(update={"meta": stamp}), at(), Policy(rules), NOW))
        accounts.append(body.lines[0].account)
    assert accounts == ["4.1.2", "4.2.1"]


def test_the_same_draft_is_sent_once_and_the_very_event_again() -> None:
    view = View()
    for one in (at().account, at().opportunity, *(Known(each) for each in SOLD)):
        assert one is not None
        view.put(one)
    first = draft()
    for event, wanted in ((first, Forward), (first, Forward), (draft(tick=2), Skip)):
        outcome = decide(event, view.facts_for(event, None), POLICY, NOW)
        assert isinstance(outcome, wanted)
        if isinstance(outcome, Skip):
            assert outcome.why is SkipWhy.UNCHANGED
        else:
            assert kinds(outcome) == BILLED
        view.learn(event, outcome)
    # Posted, it is another content: the CRM is told, and nothing is posted again.
    posted = draft(tick=3, state="posted", number="2026/1")
    assert kinds(decide(posted, view.facts_for(posted, None), POLICY, NOW)) == TOLD


def test_a_deal_of_another_crm_s_database_is_billed_and_not_marked() -> None:
    known = at(account=replace(at().account or Known(deal()), in_crm=False))
    known = replace(known, opportunity=Known(deal(YEAR, DEVICE)))
    assert kinds(decide(draft(), known, POLICY, NOW)) == ["invoice.draft", "invoice.post"]
    assert decide_effect(effect("invoice.post", number="2026/7"), Known(deal(YEAR, DEVICE)), NOW) == ()


def test_a_posted_invoice_marks_its_deal_as_billed_and_a_draft_does_not() -> None:
    late = datetime(2026, 3, 10, 23, 59, tzinfo=UTC)
    told = effect("invoice.post", number="2026/7").model_copy(update={"applied_at": late})
    (record,) = decide_effect(told, Known(deal(YEAR, DEVICE), in_crm=True), NOW)
    assert isinstance(record.value, Command)
    assert record.value.kind == "opportunity.billed"
    wanted = OpportunityWriteBack(billed_invoice_number="2026/7", billed_on=date(2026, 3, 10))
    assert record.value.opportunity == wanted
    assert decide_effect(effect("invoice.draft", number=""), Known(deal(YEAR), in_crm=True), NOW) == ()
