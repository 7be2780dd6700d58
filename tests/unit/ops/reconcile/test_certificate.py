"""A certificate: the same for the same records, signed, and harmless as a page."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ops.bench.reconcile.events import Event
from ops.reconcile.certificate import Certificate, record_of, sign, verify
from ops.reconcile.page import page
from reconciler.draft import Draft
from reconciler.rows import Subject
from reconciler.sides import Sides
from reconciler.sight import see
from reconciler.store import MemoryStore

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def certified(*events: Event, order: int = 0, in_flight: bool = False) -> dict[str, Any]:
    sides = Sides(Draft(MemoryStore()))
    subjects: set[Subject] = set()
    for number, event in enumerate(events):
        subjects.update(sides.apply(event.row(number)))
    shuffled = sorted(subjects)
    random.Random(order).shuffle(shuffled)
    certificate = Certificate()
    for subject in shuffled:
        certificate.add(subject, see(sides, subject), in_flight=in_flight)
    return certificate.document(NOW, NOW, {"pages": 1})


def both(key: str, **erp: Any) -> list[Event]:
    return [
        Event(0, 0, "opportunity", key, key),
        Event(0, 0, "order", key, key, "update", tuple(sorted(erp.items()))),
    ]


def test_it_counts_adds_up_and_names_what_differs() -> None:
    found = certified(*both("O1"), *both("O2", total=Decimal("120")), *both("O3", state="cancelled"))
    assert found["results"]["opportunity"] == {"field_mismatch": 1, "in_step": 1, "total_mismatch": 1}
    assert found["totals"] == {"crm.won": {"EUR": "300.00"}, "erp.ordered": {"EUR": "220.00"}}
    assert [(one["key"], one["kind"], one["money"]) for one in found["differences"]] == [
        ("O2", "total_mismatch", "20.00"),
        ("O3", "field_mismatch", "-100.00"),
    ]


def test_what_is_in_flight_is_counted_and_no_difference() -> None:
    found = certified(*both("O1", total=Decimal("120")), in_flight=True)
    assert found["results"]["opportunity"] == {"in_flight": 1}
    assert found["differences"] == []


def test_the_order_of_reading_does_not_matter_and_a_value_does() -> None:
    events = [event for number in range(30) for event in both(f"O{number}")]
    assert certified(*events, order=1) == certified(*events, order=2)
    other = certified(*events[:-2], *both("O29", total=Decimal("100.01")))
    one = certified(*events)
    changed = {name for name in one["buckets"] if one["buckets"][name] != other["buckets"][name]}
    assert {name.split("/")[0] for name in changed} == {"opportunity.erp", "invoice.crm"}
    assert len(changed) == 2


def test_a_signature_covers_everything() -> None:
    signed = sign(certified(*both("O1")), b"key")
    assert verify(signed, b"key")
    assert not verify(signed, b"other")
    assert not verify({**signed, "totals": {}}, b"key")
    assert not verify({**signed, "sha256": "0" * 64}, b"key")
    assert sign(certified(*both("O1")), b"")["signature"] == ""


def test_the_page_shows_what_records_hold_as_text() -> None:
    events = both("O1", total=Decimal("120"), number="<script>alert(1)</script>")
    text = page(sign(certified(*events), b""))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_each_record_is_counted_once_and_what_was_not_compared_says_why() -> None:
    sides = Sides(Draft(MemoryStore()))
    subjects: set[Subject] = set()
    for event in (*both("O1"), *both("O2", total=Decimal("120")), *both("O3", total=Decimal("90"))):
        subjects.update(one for one in sides.apply(event.row(0)) if one.pair == "opportunity")
    found = Certificate()
    for subject in sorted(subjects):
        explained = "letter:abc" if subject.key == "O3" else ""
        found.add(subject, see(sides, subject), in_flight=False, explained_by=explained)
    found.unread(Subject("account", "A1"))
    found.skip("accounts", "A1", "Account: currency: must be an ISO 4217 currency code [currency_code] (is 'XX1')")
    found.skip("customer", "C1", "customer C1 is there twice: 1 and 2")
    signed = sign(found.document(NOW, NOW, {}, {"balance": "balanced"}), b"k")
    assert signed["records"] == {"in_step": 1, "in_flight": 0, "explained": 1, "differing": 1, "not_compared": 1}
    assert signed["causes"] == {"twice": 1, "unknown_currency": 1}
    assert [(one["account_id"], one["high"], one["money"]) for one in signed["accounts"]] == [
        ("O2", 1, {"EUR": "20.00"}),
        ("O3", 0, {"EUR": "10.00"}),
    ]
    record = record_of(signed)
    assert (record.certificate_id, record.books, record.differing) == (signed["sha256"], "balanced", 1)
    told = json.loads(record.document)
    assert (told["differences_listed"], told["not_compared_listed"]) == (2, 2)
    assert "differences" not in told


def test_the_page_tells_what_was_read_to_which_position_and_whether_the_books_balance() -> None:
    tables = {
        "crm": {"log_position": "0/16B3748", "clock": "2026-03-02"},
        "accounts": {"how": "whole", "pages": 2, "hashes_asked": 0, "rows": 1234, "newest": 1_772_000_000_000_000},
    }
    broken = {
        "rows": 9,
        "unreadable": 3,
        "named": [{"place": "0/7", "why": "unknown schema <9>"}],
        "positions": {"0": 9},
    }
    books = {"balance": "unbalanced", "since": "2026-03-01T00:00:00", "accepted": 7, "counts": {"lost": 1}}
    books |= {"lost": ["raw/0/<1>"], "contradictions": []}
    certificate = Certificate()
    read = {"tables": tables, "topics": {"mesh.state.crm.account": broken, "mesh.state.erp.order": {"why": "away"}}}
    text = page(sign(certificate.document(NOW, NOW, read, books), b"key"))
    for words in (
        "0/16B3748",
        "1,234",
        "unknown schema &lt;9&gt;",
        "and 2 more",
        "away",
        "raw/0/&lt;1&gt;",
        "unbalanced",
    ):
        assert words in text, words
    assert "2026-02-25" in text
    assert "not signed" in page(sign(Certificate().document(NOW, NOW, {}), b""))
