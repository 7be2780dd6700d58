"""What a candidate would change, on recorded events; and that it then does change just that."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from ops.rules.explain import explain
from ops.rules.forecast import Forecast, MemoryLine, forecast, label_of
from ops.rules.forecast_page import lines_of, page_of
from schemas.records import Stamped
from streams.decide import Policy
from streams.rules import Rules, shipped
from streams.rules.told import read_told, tell
from tests.unit.streams.decide.cases import NOW, account, deal, invoice, item, line
from tests.unit.streams.rules.rule_texts import row, rule, rules

STRICT = rules(rule(row('currency == "EUR"', "500", why="margins are thin"), row()))
OFF = rules(rule(row(value='flow != "order"'), decides="flow"), without="flows")
_BY = "automatic-billing"
PATIENT = rules(rule(row(value='duration("72h")'), decides="hold.account"), without="hold-for-account")


def at(event: Any, minutes: int, **over: Any) -> Any:
    """The event, received so many minutes after noon."""
    meta = event.meta.model_copy(update={"received_at": NOW + timedelta(minutes=minutes), **over})
    return event.model_copy(update={"meta": meta})


def won(minutes: int, discount: str, currency: str = "EUR", key: str = "d1") -> Any:
    event = deal(line("l1", discount=discount), inside=True, currency=currency)
    return at(event.model_copy(update={"id": key}), minutes, key=key, event_id=f"deal-{key}")


def seen(events: list[Stamped], candidate: Rules, since: int = -60) -> Forecast:
    return forecast(events, NOW + timedelta(minutes=since), Policy(), candidate)


DAY = [at(account(), 0), won(1, "10"), won(2, "10", "USD", "d2"), won(3, "5", key="d3"), at(invoice(), 4)]


def test_the_same_rules_change_nothing() -> None:
    found = seen(DAY, shipped())
    assert (found.events, found.changes, found.money) == (5, (), {})


def test_a_stricter_threshold_tells_which_deals_and_how_much_money() -> None:
    found = seen(DAY, STRICT)
    (change,) = found.changes
    assert (change.event_id, change.before, change.after) == (
        "deal-d1",
        "goes on",
        "letter discount_needs_approval",
    )
    assert found.money == {"EUR": Decimal("18.00")}
    assert found.plain()["money"] == {"EUR": "18.00"}
    assert found.plain()["changed"] == 1
    assert found.turns() == [("goes on", "letter discount_needs_approval", 1, {"EUR": Decimal(18)})]


def test_automatic_billing_tells_which_invoices_it_would_post() -> None:
    candidate = rules(
        rule(row('currency == "EUR"', "true"), row(value="false"), decides="billing.automatic"), without=_BY
    )
    draft = {"state": "draft", "number": None, "balance": Decimal(0)}
    drafts = [invoice("1", "18").model_copy(update=draft), invoice("2", "18", order_id="d2").model_copy(update=draft)]
    found = seen([*DAY[:3], at(drafts[0], 5), at(drafts[1], 6)], candidate)
    assert [(one.subject, one.after) for one in found.changes] == [("invoice erp:invoice:1", "goes on, otherwise")]
    assert found.money == {"EUR": Decimal(18)}


def test_money_of_one_deal_counts_once() -> None:
    again = won(9, "10")
    again = at(again, 9, event_id="again", version=2, key="d1")
    found = seen([*DAY, again.model_copy(update={"name": "renamed"})], STRICT)
    assert len(found.changes) == 2
    assert found.money == {"EUR": Decimal("18.00")}


def test_older_events_are_facts_only() -> None:
    found = seen(DAY, STRICT, since=3)
    assert (found.events, found.changes) == (2, ())


def test_a_longer_wait_is_a_change_that_has_no_other_name() -> None:
    found = seen([won(1, "0")], PATIENT)
    assert [(change.before, change.after) for change in found.changes] == [
        ("waits for account", "waits for account, otherwise")
    ]


def test_what_waits_goes_on_when_its_account_arrives() -> None:
    line_ = MemoryLine(Policy(), shipped())
    deal_ = deal(line("l1"))
    for event in (at(deal_, 0), at(item(line("l1")), 1)):
        line_.feed(event)
    assert label_of(line_.outcomes[deal_.meta.event_id]) == "waits for account"
    line_.feed(at(account(), 2))
    assert label_of(line_.outcomes[deal_.meta.event_id]) == "goes on"
    assert line_.waiting == {}


def test_what_waits_too_long_becomes_a_letter_with_the_next_event_of_its_account() -> None:
    line_ = MemoryLine(Policy(), shipped())
    line_.feed(won(0, "0"))
    line_.feed(at(invoice(), 49 * 60))
    assert label_of(line_.outcomes["deal-d1"]) == "letter missing_account"


def test_a_newer_version_takes_the_place_of_what_waits() -> None:
    line_ = MemoryLine(Policy(), shipped())
    newer = at(won(1, "0"), 1, event_id="newer", version=5)
    for event in (won(0, "0"), newer, at(account(), 2)):
        line_.feed(event)
    assert label_of(line_.outcomes["deal-d1"]) == "skipped superseded"
    assert label_of(line_.outcomes["newer"]) == "goes on"


@pytest.mark.parametrize("candidate", [STRICT, OFF, PATIENT])
def test_the_forecast_is_what_then_happens(candidate: Rules) -> None:
    found = seen(DAY, candidate)
    now, then = MemoryLine(Policy(), shipped()), MemoryLine(Policy(candidate), candidate)
    for event in DAY:
        now.feed(event)
        then.feed(event)
    changed = {key: label_of(then.outcomes[key]) for key in now.outcomes if now.outcomes[key] != then.outcomes[key]}
    assert {change.event_id: change.after for change in found.changes} == changed


def test_the_page_and_the_table_say_it_and_escape_what_came_from_outside() -> None:
    evil = won(1, "10", key="<script>")
    found = seen([DAY[0], evil], STRICT)
    assert "<script>" not in page_of(found)
    assert "&lt;script&gt;" in page_of(found)
    assert "18.00 EUR" in page_of(found)
    assert lines_of(found)[0].split("->")[1].split()[:2] == ["letter", "discount_needs_approval"]
    assert "of 2 events" in lines_of(found)[-1]


def test_explain_tells_the_rule_its_reason_and_the_facts_in_english() -> None:
    policy = Policy().under(STRICT)
    policy.discount_threshold_percent(won(0, "10"), account(), NOW)
    policy.hold_for(won(0, "10").meta)
    policy.stands_aside(won(0, "10").meta)
    header = tell(STRICT.version, policy.notes or ())
    lines = explain([("dlq", 0, header), ("command", 1000, "")], {STRICT.version: STRICT}.get)
    assert lines[0] == f"1970-01-01 00:00:00  a record on dlq, decided by the set {STRICT.version}"
    assert lines[1] == (
        "  Above which discount must an approval be recorded? 5.00 %. "
        "Rule r1 version 1, row 1: margins are thin. It asked: currency is EUR."
    )
    assert lines[2].startswith("  How long does an event wait for its account? 2 days, 0:00:00. Rule hold-for-account")
    assert lines[3].startswith("  Is the flow switched on? Yes. Rule flows version 1, row 1: every flow is on.")
    assert lines[-1] == "1970-01-01 00:00:01  a record on command; no rule was asked"
    unknown = explain([("dlq", 0, header)], {"": STRICT}.get)
    assert "Rule r1 version 1, row 1. It asked" in unknown[1]


def test_a_header_that_is_not_ours_is_none() -> None:
    for text in ("", "{}", "[]", '{"set": "x", "by": [[1]]}', "nonsense"):
        assert read_told(text) is None
    told = read_told(tell("v", ()))
    assert told is not None
    assert (told.version, told.verdicts) == ("v", ())


def test_a_candidate_with_windows_says_what_would_wait_and_what_would_be_superseded() -> None:
    told = [{"facts": {"flow": "customer"}, "value": "1h"}]
    hourly = rules(rule(row(value='duration("1h")', examples=told), decides="batch.window"), without="batch-windows")
    moments = [(1, 0), (2, 1), (3, 2), (4, 125)]  # version, minutes after noon
    first, *changes = [at(account(tick, f"Name {tick}"), minutes) for tick, minutes in moments]
    line_ = MemoryLine(Policy(), hourly)
    for event in (first, *changes):
        line_.feed(event)
    said = [label_of(line_.outcomes[event.meta.event_id]) for event in (first, *changes)]
    assert said == ["goes on", "skipped superseded", "goes on", "waits for window"]
