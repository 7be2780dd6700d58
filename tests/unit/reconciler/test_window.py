"""What is drift, what is in flight, drawn. Minutes run to the right; the grace is five minutes.

`c` a change in the CRM, `e` one in the ERP, `!` a drift is told, `~` in flight: nothing is told.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from histories import FEEDS, GRACE, IDLE, at, row

from reconciler.rows import Feed, Row, Subject
from reconciler.state import State
from reconciler.store import MemoryStore
from reconciler.watermark import Watermarks
from reconciler.window import Policy, Window
from schemas.records import Drift


class Line:
    """A reconciler whose clock is moved by hand. `ends` of its feeds are where it has read to: it never lags."""

    def __init__(self, store: MemoryStore | None = None, pilot: frozenset[str] | None = None, start: float = 0) -> None:
        self.store = store or MemoryStore()
        self.state = State(self.store)
        self.marks = Watermarks(FEEDS | self.state.positions, IDLE, at(start))
        self.window = Window(self.state, self.marks, Policy(GRACE, pilot))
        self._next = dict(self.marks.feeds())

    def at(self, now: float, *rows: Row, ask: bool = True) -> list[tuple[str, str]]:
        """One step at this minute: (status, kind) of what is told. `ask`: the broker answers."""
        return [(drift.status, drift.kind) for drift in self.step(now, *rows, ask=ask)]

    def step(self, now: float, *rows: Row, ask: bool = True) -> list[Drift]:
        numbered = []
        for one in rows:
            offset = self._next.get(one.feed, 0)
            self._next[one.feed] = offset + 1
            numbered.append(Row(one.feed, offset, one.entity, one.key, one.recorded_at, one.record))
        if ask:
            self.marks.on_ends(self._next, at(now))
        told = self.window.step(numbered, at(now))
        self.state.commit(dict(self.marks.feeds()))
        return told


def _adopting(drift: Drift) -> MemoryStore:
    """A new folder that knows of this drift from the drift topic, and of nothing else."""
    store = MemoryStore()
    state = State(store)
    state.adopt([drift])
    state.commit()
    return store


def account(when: float, **fields: Any) -> Row:
    return row("account", "A1", when, **fields)


def customer(when: float, **fields: Any) -> Row:
    return row("customer", "A1", when, **fields)


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


def test_nothing_is_told_while_it_reads_itself_into_the_past() -> None:
    """A new folder, everything recorded long ago: the account is read an hour before its customer is."""
    line = Line(start=600)
    line.marks.on_ends({**FEEDS, Feed("account", 0): 1, Feed("customer", 0): 1}, at(600))
    assert line.at(600, account(0), ask=False) == []
    assert line.at(660, ask=False) == []
    assert line.at(660, customer(1, recorded=30), ask=False) == []
    assert line.at(700) == []


def test_an_open_drift_is_not_closed_while_it_reads_itself_into_the_past() -> None:
    line = Line()
    line.at(0, account(0, name="Acme"), customer(0, name="Acne"))
    (opened,) = line.step(5)
    fresh = Line(_adopting(opened), start=10)
    fresh.marks.on_ends({**FEEDS, Feed("account", 0): 1, Feed("customer", 0): 1}, at(10))
    assert fresh.at(10, account(0, name="Acme"), ask=False) == []  # only one side is read: looks like missing
    assert fresh.at(11, customer(0, name="Acne"), ask=False) == []
    assert fresh.at(30) == []  # found again as it was: nothing to tell
    assert fresh.at(31, customer(31, name="Acme")) == [("closed", "field_mismatch")]


def test_an_adopted_drift_whose_record_is_gone_is_closed() -> None:
    line = Line()
    line.at(0, account(0))
    (opened,) = line.step(5)
    assert Line(_adopting(opened), start=10).at(10) == [("closed", "missing_in_erp")]


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


def test_a_record_that_moved_to_another_account_counts_where_it_is_newest() -> None:
    """Both partitions keep a row of it; in whichever order they are read."""
    here = row("account", "A1", 0, name="Old", partition=0)
    there = row("account", "A1", 5, name="Acme", partition=1)
    for rows in ([here, there], [there, here]):
        line = Line()
        line.at(6, *rows, customer(6))
        assert line.at(60) == []


def test_within_one_partition_the_last_row_counts_as_compaction_would_have_it() -> None:
    line = Line()
    line.at(6, account(5, name="Newer"), account(1, recorded=6, name="Acme"), customer(6))
    assert line.at(60) == []


def test_a_second_invoice_is_found_and_its_removal_closes_it() -> None:
    line = Line()
    line.at(0, row("opportunity", "O1"), row("order", "O1"), row("invoice", "I1", order_id="O1"))
    assert line.at(6, row("invoice", "I2", 6, order_id="O1")) == []
    (told,) = line.step(11)
    assert (told.entity, told.key, told.kind, told.money) == ("invoice", "O1", "total_mismatch", Decimal("100.00"))
    assert line.at(12, row("invoice", "I2", 12, order_id="O1", state="cancelled")) == [("closed", "total_mismatch")]


def test_an_invoice_that_moves_to_another_order_is_taken_from_the_first() -> None:
    line = Line()
    line.at(0, *(row(entity, key) for key in ("O1", "O2") for entity in ("opportunity", "order")))  # type: ignore[arg-type]
    line.at(1, row("invoice", "I1", 1, order_id="O1"), row("invoice", "I2", 1, order_id="O1"))
    line.at(2, row("invoice", "I2", 2, order_id="O2"))
    assert line.at(60) == []
    assert [one.meta.key for one in line.state.invoices_of("O1")] == ["I1"]


def test_a_restart_goes_on_where_it_was() -> None:
    """
    c ~ ~ | ~ ~ !         stopped at 2, started again at 4
    """
    line = Line()
    line.at(0, account(0))
    assert Line(line.store, start=4).at(4.5) == []
    again = Line(line.store, start=4)
    assert again.at(5) == [("opened", "missing_in_erp")]
    assert Line(line.store, start=6).at(6) == []  # open already


def test_what_was_not_confirmed_is_in_the_outbox_byte_for_byte() -> None:
    line = Line()
    line.at(0, account(0))
    (told,) = line.step(5)
    again = State(line.store)
    assert list(again.outbox.values()) == [told]
    again.told(list(again.outbox))
    again.commit()
    assert State(line.store).outbox == {}


def test_an_account_outside_the_pilot_is_not_in_step_and_no_drift() -> None:
    line = Line(pilot=frozenset({"A9"}))
    line.at(0, account(0))
    assert line.at(60) == []
    assert line.window.counts["account", "out_of_scope"] == 1


def test_a_wider_pilot_judges_everything_again() -> None:
    line = Line(pilot=frozenset({"A9"}))
    line.at(0, account(0))
    line.at(60)
    assert Line(line.store, start=61).at(62) == [("opened", "missing_in_erp")]


def test_results_are_counted() -> None:
    line = Line()
    line.at(0, account(0), row("customer", "erp:party:1", 0))
    line.at(5)
    assert line.window.counts == {
        ("account", "in_flight"): 1,
        ("account", "erp_only"): 1,
        ("account", "missing_in_erp"): 1,
    }
    assert Subject("account", "A1") in line.state.open


def test_a_record_left_behind_does_not_count_although_it_was_recorded_later() -> None:
    line = Line()
    line.at(6, row("account", "A1", 5, name="Acme", partition=1), customer(6))
    line.at(8, row("account", "A1", 1, recorded=8, name="Old", partition=0))
    assert line.at(60) == []


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


def test_a_clock_that_goes_back_does_not_disturb_the_order_of_a_story() -> None:
    line = Line()
    line.at(0, account(0))
    (opened,) = line.step(5)
    (closed,) = line.step(4, customer(4))
    assert closed.status == "closed"
    assert closed.observed_at > opened.observed_at
