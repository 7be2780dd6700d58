"""What is drift, what is in flight, drawn. Minutes run to the right; the grace is five minutes.

`c` a change in the CRM, `e` one in the ERP, `!` a drift is told, `~` in flight: nothing is told.
"""

from __future__ import annotations

from decimal import Decimal

from histories import at, row
from stepped import Line, account, customer


def test_a_missing_record_is_told_without_any_traffic() -> None:
    """
    c ~ ~ ~ ~ ~ !          nothing else ever happens
    0 1 2 3 4 5
    """
    line = Line()
    assert line.at(0, account(0)) == []
    assert [line.at(minute) for minute in (1, 2, 3, 4, 4.9)] == [[]] * 5
    assert line.at(5) == [("opened", "missing_in_erp")]
    assert line.at(6) == []  # one drift, one alert


def test_a_customer_that_arrives_within_the_grace_is_never_told() -> None:
    """
    c ~ ~ e . . . . .
    """
    line = Line()
    assert line.at(0, account(0)) == []
    assert line.at(3, customer(3)) == []
    assert line.at(60) == []
    assert line.state.waiting == {}


def test_the_grace_counts_from_the_newer_of_both_changes() -> None:
    """
    c . . . e ~ ~ ~ ~ !    the names differ
    0       4         9
    """
    line = Line()
    line.at(0, account(0, name="Acme"))
    assert line.at(4, customer(4, name="Acne")) == []
    assert line.at(8.9) == []
    told = line.step(9)
    assert [(one.status, one.kind) for one in told] == [("opened", "field_mismatch")]
    assert (told[0].opened_at, told[0].observed_at) == (at(9), at(9))


def test_it_closes_as_soon_as_both_sides_agree() -> None:
    """
    c ~ ~ ~ ~ ! . . e!     the customer comes late: closed at once
    """
    line = Line()
    line.at(0, account(0))
    assert line.at(5) == [("opened", "missing_in_erp")]
    assert line.at(8, customer(8)) == [("closed", "missing_in_erp")]
    assert line.state.open == {}
    assert line.at(60) == []


def test_a_drift_that_changes_its_kind_closes_the_one_and_opens_the_other_after_its_own_grace() -> None:
    """
    c ~ ! e! ~ ~ ~ ~ !      missing until 6, then there with another name
    """
    line = Line()
    line.at(0, account(0))
    assert line.at(5) == [("opened", "missing_in_erp")]
    assert line.at(6, customer(6, name="Acne")) == [("closed", "missing_in_erp")]
    assert line.at(10.9) == []
    assert line.at(11) == [("opened", "field_mismatch")]


def test_an_open_drift_changes_after_the_grace_only() -> None:
    line = Line()
    line.at(0, row("opportunity", "O1", 0), row("order", "O1", 0, total=Decimal(120)))
    assert line.at(5) == [("opened", "total_mismatch")]
    assert line.at(6, row("order", "O1", 6, total=Decimal(130))) == []
    told = line.step(11)
    assert [(one.status, one.money, one.opened_at) for one in told] == [("changed", Decimal("30.00"), at(5))]


def test_a_change_of_something_else_tells_nothing() -> None:
    line = Line()
    line.at(0, account(0, city="Ghent"), customer(0, city="Gent"))
    assert line.at(5) == [("opened", "field_mismatch")]
    line.at(6, account(6, city="Ghent", domain="acme.example"))
    assert line.at(30) == []


def test_nothing_is_told_while_the_broker_is_silent() -> None:
    """
    c ~ ~ (the broker is away, the counterpart may be written there) ~ ~ e
    """
    line = Line()
    line.at(0, account(0))
    assert line.at(60, ask=False) == []
    assert line.at(61, customer(1, recorded=1)) == []
    assert line.at(120) == []


def test_a_late_row_is_counted_and_its_record_looked_at_again() -> None:
    """
    c e . . . . . . e(2) read at 30 !        what it says is older than what was judged
    """
    line = Line()
    line.at(0, account(0), customer(0))
    line.at(20)
    assert line.at(30, customer(2, recorded=30, name="Acne")) == []
    assert line.window.counts["customer", "late"] == 1
    assert line.at(35) == [("opened", "field_mismatch")]


def test_a_source_whose_clock_is_ahead_does_not_hurry_the_watermark() -> None:
    line = Line()
    line.at(0, account(0))
    assert line.at(1, row("customer", "A2", 600, recorded=1, account_id="A2")) == []
    assert line.at(4.9) == []


def test_a_tombstone_has_the_grace_too() -> None:
    line = Line()
    line.at(0, account(0), customer(0))
    assert line.at(10, customer(10, gone=True)) == []
    assert line.at(14.9) == []
    assert line.at(15) == [("opened", "missing_in_erp")]


def test_the_grace_counts_from_the_newer_change_in_whichever_order_they_are_read() -> None:
    """
    c . . . e ~ ~ ~ ~ !     the customer's change is read first
    0       4         9
    """
    line = Line()
    line.at(4, customer(4, name="Acne"), ask=False)
    line.at(4.5, account(0, name="Acme"))
    assert line.at(8.9) == []
    assert line.at(9) == [("opened", "field_mismatch")]
