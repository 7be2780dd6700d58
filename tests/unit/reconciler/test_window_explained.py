"""What the window makes of a slow line, of open exceptions, of deletions and of late rows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from histories import GRACE, at, row
from stepped import Line, account, customer
from test_latency import effect

from reconciler.explanations import Explanation
from reconciler.grace import Policy
from reconciler.rows import Subject
from schemas.identity import drift_id_for

A1 = Subject("account", "A1")
LETTER = Explanation("letter", "L1", "missing_price")


def explained(line: Line, now: float, *rows: object) -> list[tuple[str, str, str]]:
    told = line.step(now, *rows)  # type: ignore[arg-type]
    return [(one.status, one.kind, one.explained_by) for one in told]


def test_a_line_that_is_measured_to_be_slow_gets_the_time_it_takes() -> None:
    """
    c ~ ~ ~ ~ ~ ~ ~ ~ !     the floor is 5 minutes, the line takes up to 8
    """
    line = Line()
    line.state.latencies.add(effect(8 * 60, "customer.upsert"))
    line.at(0, account(0))
    assert line.at(7.9) == []
    assert line.at(10) == [("opened", "missing_in_erp")]


def test_a_line_that_becomes_slow_while_a_record_waits_is_waited_for() -> None:
    line = Line()
    line.at(0, account(0))
    line.state.latencies.add(effect(20 * 60, "customer.upsert"))
    assert line.at(19.9) == []
    assert line.at(25) == [("opened", "missing_in_erp")]


def test_a_line_ten_times_as_slow_as_before_gives_no_false_alarm() -> None:
    """Each record takes a little longer than the one before, from half the floor to five times the floor."""
    line = Line()
    now, told = 0.0, []
    for number in range(60):
        takes = 2.5 * 10 ** (number / 59)
        key = f"B{number}"
        told += line.at(now, row("account", key, now, account_id=key))
        now += takes
        line.state.latencies.add(effect(takes * 60, "customer.upsert"))
        told += line.at(now, row("customer", key, now, account_id=key))
    assert told == []
    assert takes == 25


def test_a_deletion_waits_longer_as_it_may_be_half_of_a_recreation() -> None:
    """
    c x ~ ~ ~ ~ ~ ~ c      deleted and made again after eight minutes: nothing is told
    """
    line = Line(policy=Policy(GRACE, gone=timedelta(minutes=15)))
    line.at(0, account(0), customer(0))
    assert line.at(1, account(1, operation="delete", name=None)) == []
    assert line.at(9, account(9)) == []
    assert line.at(100) == []
    assert line.at(101, customer(101, gone=True)) == []
    assert line.at(115.9) == []
    assert line.at(116) == [("opened", "missing_in_erp")]


def test_another_change_does_not_shorten_the_grace_of_a_deletion() -> None:
    """
    x ~ e ~ ~ ~ ~ ~ ~ c     deleted, the other side changes, and made again after twelve minutes: nothing is told
    """
    for gone in ({"gone": True}, {"operation": "delete"}):
        line = Line(policy=Policy(GRACE, gone=timedelta(minutes=15)))
        line.at(0, account(0), customer(0))
        line.at(1, account(1, **gone))
        line.at(2, customer(2, phone="1"))
        line = Line(line.store, start=3, policy=Policy(GRACE, gone=timedelta(minutes=15)))
        assert line.at(12.9) == []
        assert line.at(13, account(13)) == []
        assert line.at(100) == []
        line.at(101, account(101, **gone), customer(101.5))
        assert line.at(115) == []
        assert [status for status, _ in line.at(117)] == ["opened"]


def test_a_change_that_is_read_after_the_deletion_that_followed_it_gives_the_deletion_its_grace() -> None:
    """The other side's partition could not be read for a while: its row was recorded first and is read last."""
    line = Line(policy=Policy(GRACE, gone=timedelta(minutes=15)))
    line.at(0, account(0))
    line.at(10, account(10, gone=True), ask=False)
    line = Line(line.store, start=11, policy=Policy(GRACE, gone=timedelta(minutes=15)))
    assert line.at(12, customer(1, recorded=1)) == []
    assert line.at(19) == []
    assert line.at(20, account(20)) == []
    assert line.at(100) == []
    assert line.state.waiting == {}


def test_an_open_letter_is_linked_and_what_it_no_longer_explains_is_told_after_a_grace() -> None:
    line = Line()
    line.known.known[A1] = LETTER
    line.at(0, account(0))
    assert explained(line, 5) == [("opened", "missing_in_erp", "letter:L1 missing_price")]
    del line.known.known[A1]
    assert explained(line, 6) == []  # the event is on its way again
    assert explained(line, 10.9) == []
    assert explained(line, 11) == [("changed", "missing_in_erp", "")]


def test_a_letter_that_comes_later_is_linked_once() -> None:
    line = Line()
    line.at(0, account(0))
    assert explained(line, 5) == [("opened", "missing_in_erp", "")]
    line.known.known[A1] = LETTER
    assert explained(line, 6) == [("changed", "missing_in_erp", "letter:L1 missing_price")]
    assert explained(line, 7) == []
    assert explained(line, 8, customer(8)) == [("closed", "missing_in_erp", "letter:L1 missing_price")]


def test_while_it_cannot_be_told_what_explains_nothing_is_opened_but_closed_it_is() -> None:
    line = Line()
    line.at(0, account(0), row("account", "A2", 0, account_id="A2"))
    assert len(line.at(5)) == 2
    line.known.away = True
    assert line.at(6, customer(6)) == [("closed", "missing_in_erp")]
    assert line.at(7, row("account", "A3", 7, account_id="A3")) == []
    assert line.at(20) == []
    line.known.away = False
    assert line.at(21) == [("opened", "missing_in_erp")]


def test_a_missing_customer_is_the_root_of_its_missing_orders() -> None:
    line = Line()
    line.at(0, account(0), *(row("opportunity", f"O{number}", 0) for number in range(3)))
    told = explained(line, 5)
    root = f"drift:{drift_id_for('account', 'A1', 'missing_in_erp')}"
    assert told == [("opened", "missing_in_erp", "")] + [("opened", "missing_in_erp", root)] * 3
    told = explained(line, 6, customer(6))
    assert told == [("closed", "missing_in_erp", "")]  # its orders are on their way now
    assert sorted(explained(line, 11)) == [("changed", "missing_in_erp", "")] * 3


def test_an_invoice_billed_twice_is_explained_by_no_letter() -> None:
    line = Line()
    line.known.known[Subject("invoice", "O1")] = LETTER
    rows = [row("invoice", key, 0, order_id="O1") for key in ("I1", "I2")]
    line.at(0, row("opportunity", "O1"), row("order", "O1"), *rows)
    (told,) = line.step(5)
    assert (told.kind, told.explained_by, told.money) == ("duplicate", "", Decimal(100))
    assert (told.at_stake, told.owner, told.proposal, told.currency) == (Decimal(100), "people", "by_hand", "EUR")


def test_a_late_row_is_told_with_how_late_it_was() -> None:
    line = Line()
    line.at(0, account(0), customer(0))
    line.at(20)
    line.at(30, customer(2, recorded=30, name="Acne"))
    (late,) = line.window.late
    assert (late.key, late.event_time, late.watermark) == ("A1", at(2), at(20))


def test_a_customer_that_appears_twice_in_the_erp_and_is_merged_again() -> None:
    line = Line()
    line.at(0, account(0), customer(0, tax_id="BE 1"))
    copy = {"account_id": "erp:party:9", "code": "C-9"}
    assert line.at(1, row("customer", "erp:party:9", 1, tax_id="be-1", **copy)) == []
    assert line.at(6) == [("opened", "duplicate")]
    assert line.at(7, row("customer", "erp:party:9", 7, tax_id="", **copy)) == [("closed", "duplicate")]
