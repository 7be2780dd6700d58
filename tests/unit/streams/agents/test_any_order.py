"""Whatever order events come in, and wherever the worker is cut off: the last order is the right one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import Command, Stamped
from sinks.fingerprint import fingerprint
from sinks.ledger import Entry, Settle, Told, weigh
from tests.unit.streams.agents.crm_days import T0, Crm, days, logs_of, one_deal
from tests.unit.streams.agents.line import Line

TOPICS = st.sampled_from(["account", "opportunity", "line_item", "redrive"])
FATES = st.sampled_from(["done", "not committed", "nothing", "half sent", "sent"])
TRANSACTION_FATES = st.sampled_from(["done", "saved", "nothing"])
DEAL_TOPICS = st.sampled_from(["opportunity", "line_item", "redrive"])
DEAL_FATES = st.sampled_from(["done", "sent"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("step"), st.tuples(TOPICS, st.integers(1, 4), FATES)),
        st.tuples(st.just("release"), st.just(())),
        st.tuples(st.just("release half"), st.just(())),
        st.tuples(st.just("crash"), st.just(())),
    ),
    max_size=40,
)


@st.composite
def arrivals(draw: st.DrawFn, crm: Crm) -> dict[str, list[Stamped]]:
    """The topics: events repeated and out of order."""
    logs = logs_of(crm.events)
    for name, events in logs.items():
        repeats = draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
        logs[name] = draw(st.permutations([*events, *repeats]))
    return logs


def run(line: Line, steps: list[tuple[str, tuple[Any, ...]]]) -> None:
    for act, arguments in steps:
        match act:
            case "step":
                line.step(*arguments)
            case "release":
                line.release()
            case "release half":
                line.release(closed=False)
            case _:
                line.crash()
    line.settle()


def in_the_erp(commands: list[Command]) -> dict[str, Command]:
    """What a sink that keeps its ledger leaves behind, key by key."""
    rows: dict[str, dict[str, Entry]] = {}
    left: dict[str, Command] = {}
    for n, command in enumerate(commands):
        mine = rows.setdefault(command.key, {})
        verdict = weigh(command, fingerprint(command), list(mine.values()))
        if isinstance(verdict, Told):
            continue
        outcome = verdict.outcome if isinstance(verdict, Settle) else "applied"
        mine[command.command_id] = Entry(
            command_id=command.command_id,
            version=command.version,
            sequence=command.sequence,
            fingerprint=fingerprint(command),
            state="applied",
            attempts=1,
            epoch=n,
            started_at=T0 + timedelta(seconds=n),
            outcome=outcome,
        )
        if outcome == "applied":
            left[command.key] = command
    return left


def check(crm: Crm, line: Line) -> None:
    told = {one.event_id for one in line.told}
    held = {row.new.event.meta.event_id for row in line.store.holds.values() if row.state == "open"}
    assert {event.meta.event_id for event in crm.events} <= told | held, "an event without an outcome"
    orders = line.commands("order.place")
    newest = {
        command.key: command for command in sorted(orders, key=lambda command: (command.version, command.sequence))
    }
    placed = in_the_erp(orders)
    for key, lines in crm.due().items():
        assert key in newest, f"{key} has no order"
        assert newest[key].order is not None
        assert newest[key].order.lines == lines, "the last command by position"
        assert placed[key].order is not None
        assert placed[key].order.lines == lines, "what the sink leaves in the ERP"
    sent = [one.command for one in line.told if one.command is not None]
    for key in {command.account_id for command in orders}:
        kinds = [command.kind for command in sent if command.account_id == key]
        assert kinds.index("customer.upsert") < kinds.index("order.place"), f"{key}: its customer comes first"
    customers = in_the_erp(line.commands("customer.upsert"))
    for key, account in crm.accounts.items():
        there = customers[key].customer
        assert there is not None
        assert (there.name, there.phone, there.email) == (account.name, account.phone, account.email)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_after_redelivery_the_erp_is_told_the_latest_of_everything(data: st.DataObject) -> None:
    crm = data.draw(days())
    logs = {name: [(event, None) for event in events] for name, events in data.draw(arrivals(crm)).items()}
    line = Line(dict(logs), T0)
    run(line, data.draw(STEPS))
    check(crm, line)


@settings(max_examples=400, deadline=None)
@given(one_deal(), st.lists(st.tuples(DEAL_TOPICS, st.integers(1, 3), DEAL_FATES), min_size=3, max_size=15))
def test_a_worker_cut_off_anywhere_leaves_the_right_order(crm: Crm, steps: list[tuple[Any, ...]]) -> None:
    line = Line({name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}, T0)
    line.step("account", 1, "done")
    run(line, [("step", step) for step in steps])
    check(crm, line)


@settings(max_examples=400, deadline=None)
@given(one_deal(), st.lists(st.tuples(TOPICS, st.integers(1, 4), TRANSACTION_FATES), min_size=3, max_size=20))
def test_a_transaction_undone_after_it_was_remembered_loses_nothing(crm: Crm, steps: list[tuple[Any, ...]]) -> None:
    line = Line({name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}, T0, True)
    line.step("account", 1, "saved")
    run(line, [("step", step) for step in steps])
    check(crm, line)


def test_an_order_takes_its_customer_along_while_the_account_s_own_command_may_be_undone() -> None:
    crm = Crm()
    crm.set_account("a1", "Ada")
    crm.set_deal("d1", "a1", "Closed Won", {"S1": 1}, "first")
    line = Line({name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}, T0, True)
    line.step("line_item", 5, "done")
    line.step("account", 1, "saved")
    line.step("opportunity", 1, "done")
    assert [one.command.kind for one in line.told if one.command] == ["customer.upsert", "order.place"]
    line.settle()
    check(crm, line)


def test_what_an_undone_transaction_took_for_sent_is_sent_by_somebody() -> None:
    """The order took its customer along, was undone, and is not placed when it is read again: its line is gone."""
    crm = Crm()
    crm.set_account("a1", "Ada")
    crm.set_deal("d1", "a1", "Closed Won", {"S1": 1}, "first")
    crm.set_deal("d1", "a1", "Closed Won", {}, "first")
    line = Line({name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}, T0, True)
    line.step("account", 1, "saved")
    line.step("line_item", 1, "done")
    line.step("opportunity", 1, "saved")
    line.step("line_item", 1, "done")
    line.step("opportunity", 1, "done")
    line.settle()
    check(crm, line)


def test_fields_that_come_alone_may_come_in_either_order() -> None:
    crm = Crm()
    crm.set_account("a1", "Ada")
    crm.patch_account("a1", "name", "Bob")
    crm.patch_account("a1", "phone", "5")
    created, name, phone = crm.events
    for events in ([created, phone, name], [phone, created, name], [phone, name, created]):
        line = Line({**logs_of([]), "account": [(event, None) for event in events]}, T0)
        line.settle()
        check(crm, line)


def test_an_order_decided_again_on_newer_lines_is_not_taken_for_done() -> None:
    """The deal is won while one line takes another's place; the worker is cut off after the order was sent."""
    crm = Crm()
    crm.set_account("a1", "Ada")
    crm.set_deal("d1", "a1", "Negotiation", {"S1": 1}, "last")
    crm.set_deal("d1", "a1", "Closed Won", {"S2": 1}, "first")
    line = Line({name: [(event, None) for event in events] for name, events in logs_of(crm.events).items()}, T0)
    line.step("account", 1, "done")
    line.step("line_item", 1, "done")
    line.step("opportunity", 1, "done")
    line.step("opportunity", 1, "sent")
    line.step("line_item", 2, "done")
    line.settle()
    check(crm, line)
