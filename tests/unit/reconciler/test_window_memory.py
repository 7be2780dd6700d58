"""What a reconciler knows after a restart, on a new machine, of moved records and of invoices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from histories import FEEDS, GRACE, at, row
from stepped import Line, account, adopting, customer

from reconciler.grace import Policy
from reconciler.rows import Feed, Subject
from reconciler.state import State


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
    fresh = Line(adopting(opened), start=10)
    fresh.marks.on_ends({**FEEDS, Feed("account", 0): 1, Feed("customer", 0): 1}, at(10))
    assert fresh.at(10, account(0, name="Acme"), ask=False) == []  # only one side is read: looks like missing
    assert fresh.at(11, customer(0, name="Acne"), ask=False) == []
    assert fresh.at(30) == []  # found again as it was: nothing to tell
    assert fresh.at(31, customer(31, name="Acme")) == [("closed", "field_mismatch")]


def test_an_adopted_drift_whose_record_is_gone_is_closed() -> None:
    line = Line()
    line.at(0, account(0))
    (opened,) = line.step(5)
    assert Line(adopting(opened), start=10).at(10) == [("closed", "missing_in_erp")]


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
    assert (told.entity, told.key, told.kind, told.money) == ("invoice", "O1", "duplicate", Decimal("100.00"))
    assert line.at(12, row("invoice", "I2", 12, order_id="O1", state="cancelled")) == [("closed", "duplicate")]


def test_an_invoice_that_moves_to_another_order_is_taken_from_the_first() -> None:
    line = Line()
    line.at(0, *(row(entity, key) for key in ("O1", "O2") for entity in ("opportunity", "order")))  # type: ignore[arg-type]
    line.at(1, row("invoice", "I1", 1, order_id="O1"), row("invoice", "I2", 1, order_id="O1"))
    line.at(2, row("invoice", "I2", 2, order_id="O2"))
    assert line.at(60) == []
    assert [one.meta.key for one in line.state.sides.invoices_of("O1")] == ["I1"]


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


def test_a_pilot_that_changes_meanwhile_judges_everything_again() -> None:
    class Changing:
        accounts: ClassVar[set[str]] = set()

        def version(self) -> str:
            return str(sorted(self.accounts))

        def covers(self, pair: str, account_id: str, received_at: datetime) -> bool:
            return account_id in self.accounts

    pilot = Changing()
    line = Line(policy=Policy(GRACE, pilot=pilot))
    line.at(0, account(0))
    assert line.at(60) == []
    pilot.accounts.add("A1")
    told = [*line.at(61), *line.at(62)]
    assert told == [("opened", "missing_in_erp")]
    pilot.accounts.clear()
    told = [*line.at(63), *line.at(64)]
    assert told == [("closed", "missing_in_erp")], "who is out of the pilot has no drift"


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


def test_a_clock_that_goes_back_does_not_disturb_the_order_of_a_story() -> None:
    line = Line()
    line.at(0, account(0))
    (opened,) = line.step(5)
    (closed,) = line.step(4, customer(4))
    assert closed.status == "closed"
    assert closed.observed_at > opened.observed_at


def test_the_order_of_partitions_leaves_no_trace_in_what_is_stored() -> None:
    """A rebuild reads them in another order, and has the same bytes."""
    here, there = row("account", "A1", 0, name="Old", partition=0), row("account", "A1", 5, partition=1)
    one, other = Line(), Line()
    one.at(6, here, there)
    other.at(6, there, here)
    assert list(one.store.scan(b"r")) == list(other.store.scan(b"r"))


def test_a_drift_is_of_the_account_that_the_crm_names() -> None:
    line = Line()
    line.at(0, row("opportunity", "O1"), row("order", "O1", total=Decimal(120), account_id="A9"))
    (told,) = line.step(5)
    assert told.account_id == "A1"
