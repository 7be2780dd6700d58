"""An order's invoice in Tryton: what is written to its draft, what is refused, and that nothing is posted in doubt."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from schemas.reasons import Reason
from schemas.records import Command, InvoiceDraft
from sinks.errors import Conflict, Refused
from sinks.port import Fields, Found, Written
from sinks.tryton.invoices import Invoices
from sinks.tryton.reference_data import ReferenceData
from sinks.verify import differences
from tests.contract.sink_examples import billed
from tests.unit.sinks.invoice_in_tryton import APRIL, JANE, MARCH, Erp, changed, composed, draft


def asked(kind: Any, **over: Any) -> tuple[Command, InvoiceDraft]:
    command = billed(kind, "d", "a")
    assert command.invoice is not None
    body = command.invoice.model_copy(update=over)
    return command.model_copy(update={"invoice": body}), body


def bring(erp: Erp, kind: str, **over: Any) -> tuple[Written, Fields]:
    """One attempt: find, write, read back."""

    async def attempt() -> tuple[Written, Fields]:
        invoices = Invoices(erp, ReferenceData(erp))  # type: ignore[arg-type]
        command, body = asked(kind, **over)
        found: Found | None = await invoices.find("d", body)
        written = await invoices.write(command, body, found)
        return written, await invoices.read_back(command, body)

    return asyncio.run(attempt())


def test_a_draft_gets_terms_reference_account_and_days_and_is_locked_with_its_lines() -> None:
    erp = Erp(draft())
    written, found = bring(erp, "invoice.draft")
    assert differences(written.sent, found) == []
    assert (written.external_id, written.external_number) == ("1", "")
    (call,) = erp.wrote
    line = {"account": 102, "defer_from": APRIL, "defer_to": MARCH}
    values = {"reference": "PO 2026/0117", "payment_term": 2, "lines": [["write", [31], line]]}
    assert list(call.params) == [[1], values]
    assert call.lock == {"account.invoice,1": "t1", "account.invoice.line,31": "l1"}


def test_without_a_contract_terms_and_reference_stay_as_the_erp_has_them() -> None:
    erp = Erp(draft(reference="theirs", **{"payment_term.": {"name": "Direct"}}))
    written, found = bring(erp, "invoice.draft", reference=None, payment_terms=None)
    assert differences(written.sent, found) == []
    assert erp.wrote[0].params[1].keys() == {"lines"}
    assert erp.rows[0]["reference"] == "theirs"


@pytest.mark.parametrize("state", ["draft", "validated", "posted", "paid"])
def test_a_draft_that_is_composed_already_is_left_alone(state: str) -> None:
    erp = Erp(composed(state=state))
    bring(erp, "invoice.draft")
    assert erp.wrote == []


def test_a_composed_draft_is_posted_under_a_lock_and_its_schedule_read_back() -> None:
    erp = Erp(composed())
    written, found = bring(erp, "invoice.post")
    assert differences(written.sent, found) == []
    assert (written.external_number, found["schedules"]) == ("2026/7", "2026-04-01 to 2027-03-31")
    assert [(call.method, call.lock) for call in erp.wrote] == [
        ("model.account.invoice.post", {"account.invoice,1": "t1"})
    ]


@pytest.mark.parametrize("state", ["posted", "paid"])
def test_what_is_posted_is_not_posted_again(state: str) -> None:
    erp = Erp(composed(state=state, number="2026/7"))
    written, _ = bring(erp, "invoice.post")
    assert erp.wrote == []
    assert written.external_number == "2026/7"


OTHER = {"party.": {"code": "C-b", "identifiers.": []}}
REFUSED: dict[str, tuple[list[dict[str, Any]], str, Reason, str]] = {
    "never composed": ([draft()], "invoice.post", Reason.ERP_VERIFICATION_FAILED, "line 1 account"),
    "another price since": (
        [changed(composed(), unit_price=Decimal(1))],
        "invoice.post",
        Reason.ERP_VERIFICATION_FAILED,
        "line 1 price",
    ),
    "other days since": (
        [changed(composed(), defer_to=APRIL)],
        "invoice.post",
        Reason.ERP_VERIFICATION_FAILED,
        "line 1 earned",
    ),
    "another customer": ([composed(**OTHER)], "invoice.post", Reason.ERP_VERIFICATION_FAILED, "customer"),
    "a line more": (
        [composed(**{"lines.": [*composed()["lines."], changed(draft())["lines."][0] | {"id": 33}]})],
        "invoice.post",
        Reason.ERP_VERIFICATION_FAILED,
        "lines",
    ),
    "validated with other terms": (
        [composed(state="validated", **{"payment_term.": None})],
        "invoice.post",
        Reason.ERP_VERIFICATION_FAILED,
        "payment terms",
    ),
    "posted by hand before it was composed": (
        [draft(state="posted")],
        "invoice.draft",
        Reason.ERP_REJECTED,
        "past changing",
    ),
    "another quantity than was ordered": (
        [changed(draft(), quantity=Decimal(3))],
        "invoice.draft",
        Reason.ERP_VERIFICATION_FAILED,
        "line 1 quantity",
    ),
    "an account that people chose": (
        [changed(draft(), write_uid=JANE)],
        "invoice.draft",
        Reason.ERP_REJECTED,
        "people have changed",
    ),
    "terms that people chose": ([draft(write_uid=JANE)], "invoice.draft", Reason.ERP_REJECTED, "people have changed"),
    "cancelled": ([draft(state="cancelled")], "invoice.post", Reason.ERP_REJECTED, "was cancelled"),
    "gone": ([], "invoice.post", Reason.ERP_REJECTED, "is gone"),
    "another one in its place": ([draft(id=2)], "invoice.draft", Reason.ERP_REJECTED, "took the place"),
    "two of them": ([composed(), composed(id=2)], "invoice.post", Reason.PARTIAL_WRITE, "more than one"),
    "two orders in one": (
        [composed(**{"sales.": [{"id": 9, "reference": "d"}, {"id": 10, "reference": "e"}]})],
        "invoice.post",
        Reason.ERP_REJECTED,
        "2 orders at once",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nothing_is_written_in_doubt(name: str) -> None:
    rows, kind, reason, words = REFUSED[name]
    erp = Erp(*rows)
    with pytest.raises(Refused, match=words) as refused:
        bring(erp, kind)
    assert refused.value.reason is reason
    assert erp.wrote == []


def test_a_cancelled_one_and_a_credit_note_beside_it_are_no_second_invoice() -> None:
    erp = Erp(composed(), draft(id=2, state="cancelled"), draft(id=3, untaxed_amount=Decimal(-5)))
    written, _ = bring(erp, "invoice.draft")
    assert written.external_id == "1"


@pytest.mark.parametrize(("over", "words"), [({"payment_terms": "net 90"}, "net 90"), ({"account": "9.9"}, "9.9")])
def test_what_the_erp_does_not_have_is_named(over: dict[str, Any], words: str) -> None:
    if "account" in over:
        (line,) = asked("invoice.draft")[1].lines
        over = {"lines": [line.model_copy(update=over)]}
    erp = Erp(draft())
    with pytest.raises(Refused, match=words):
        bring(erp, "invoice.draft", **over)
    assert erp.wrote == []


def test_a_post_that_is_refused_is_a_letter_and_one_that_others_made_meanwhile_is_looked_at_again() -> None:
    with pytest.raises(Refused, match="the period is closed") as refused:
        bring(Erp(composed(), refuses="the period is closed"), "invoice.post")
    assert refused.value.reason is Reason.PARTIAL_WRITE
    with pytest.raises(Conflict):
        bring(Erp(composed(), refuses="no draft any more", moves="posted"), "invoice.post")
