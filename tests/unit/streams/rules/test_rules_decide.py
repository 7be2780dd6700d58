"""One answer for the same facts and instant, exact, and none where the rules have none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.money import line_amount, minor_unit
from schemas.outcome import DeadLetter, Forward, Skip, SkipWhy
from schemas.reasons import Reason
from streams.decide import Policy, decide
from streams.rules import Limits, Undecided, Verdict, bucket_of, shipped
from streams.rules.expression import compare
from tests.unit.streams.decide.cases import NOW, deal, facts, item, line
from tests.unit.streams.rules.rule_texts import row, rule, rules

FACTS = {"account_id": "acme", "country": "DE", "currency": "EUR", "amount_minor": 5000}


def ask(given_rules: Any, at: datetime = NOW, **over: Any) -> Verdict:
    return given_rules.decide("discount.threshold", FACTS | over, at)


def test_the_shipped_rules_are_what_the_line_always_did() -> None:
    found = shipped()
    assert ask(found).value == 2000
    hold = found.decide("hold.account", {"account_id": "a", "flow": "order"}, NOW)
    grace = found.decide("hold.lines", {"account_id": "a", "waits_for": "lines"}, NOW)
    assert (hold.value, grace.value) == (timedelta(hours=48), timedelta(minutes=15))
    assert found.decide("pilot", {"flow": "order", "account_id": "a", "bucket": 0}, NOW).value is True
    assert found.decide("flow", {"flow": "order"}, NOW).value is True


def test_the_first_row_that_holds_answers_and_names_itself_and_what_it_asked() -> None:
    found = rules(rule(row('country == "DE"', "1500", why="cautious there"), row("true", "2500"), version=7))
    assert ask(found) == Verdict("discount.threshold", 1500, "r1", 7, 1, "A rule: cautious there", {"country": "DE"})
    other = ask(found, country="FR")
    assert (other.value, other.row, other.facts) == (2500, 2, {"country": "FR"})


def test_effective_dates_include_the_start_and_not_the_end() -> None:
    start, end = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    march = rule(row(value="1000"), id="march", from_=start.isoformat(), to=end.isoformat())
    before = rule(row(value="2000"), id="before", to=start.isoformat())
    later = rule(row(value="3000"), id="later", from_="2026-04-01T02:00:00+02:00")
    found = rules(march, before, later)
    step = timedelta(microseconds=1)
    asked = [ask(found, at).value for at in (start - step, start, end - step, end)]
    assert asked == [2000, 1000, 1000, 3000]


def test_two_rules_that_differ_do_not_decide_and_two_that_agree_do() -> None:
    differ = rules(rule(row(value="1000")), rule(row('country == "DE"', "2000"), id="r2"))
    with pytest.raises(Undecided, match="r1 says 1000, r2 says 2000"):
        ask(differ)
    assert ask(differ, country="FR").value == 1000
    agree = rules(rule(row(value="1000")), rule(row(value="1000"), id="r0"))
    assert ask(agree).rule_id == "r0"


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (row('country == "FR"'), "no rule in force at 2026-03-10"),
        (row(value="100000 / amount_minor"), "100000 / amount_minor` fails"),
        (row(value="amount_minor"), "r1, row 1: 10001 is not a whole number from 0 to 10000"),
        (row(value="amount_minor - 10002"), "-1 is not a whole number"),
        (row("amount_minor"), "`amount_minor` is 10001, not true or false"),
        (row('compare(currency, "1") > 0'), "compare takes decimal numbers, not 'EUR'"),
    ],
)
def test_without_an_answer_the_event_becomes_a_letter(one: dict[str, Any], told: str) -> None:
    amount = 0 if "/" in one["value"] else 10001
    with pytest.raises(Undecided, match=told):
        ask(rules(rule(one)), amount_minor=amount)


def test_an_event_that_the_rules_do_not_decide_becomes_a_letter_and_nothing_goes_out() -> None:
    broken = Policy(rules(rule(row('country == "FR"'))))
    held = line("l1")
    outcome = decide(deal(held), facts(item(held)), broken, NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.UNCLASSIFIED
    assert "no rule in force" in outcome.detail


def test_numbers_that_cel_cannot_count_are_refused_not_rounded() -> None:
    found = rules(rule(row("amount_minor > 5", "1000"), row()))
    assert ask(found, amount_minor=2**63 - 1).value == 1000
    for number in (2**63, -(2**63) - 1):
        with pytest.raises(Undecided, match="cannot count"):
            ask(found, amount_minor=number)


PERCENTS = st.integers(0, 10_000).map(lambda points: Decimal(points) / 100)


@settings(deadline=None)
@given(threshold=PERCENTS, step=st.sampled_from([-1, 0, 1]))
def test_a_discount_is_above_the_threshold_from_one_basis_point_on(threshold: Decimal, step: int) -> None:
    """At the boundary itself, where a binary fraction would be a hair above or below."""
    discount = min(max(threshold + Decimal(step) / 100, Decimal(0)), Decimal(100))
    policy = Policy(shipped(Limits(discount_threshold_percent=threshold)))
    held = line("l1", discount=str(discount))
    outcome = decide(deal(held), facts(item(held)), policy, NOW)
    assert isinstance(outcome, DeadLetter) == (discount > threshold)


@settings(deadline=None)
@given(
    limit=st.integers(0, 10**15),
    step=st.sampled_from([-1, 0, 1]),
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_an_amount_is_compared_to_the_last_minor_unit(limit: int, step: int, currency: str) -> None:
    minor = max(0, limit + step)
    amount = Decimal(minor) * minor_unit(currency)
    opportunity = deal(line("l1"), currency=currency).model_copy(update={"amount": amount})
    known = facts().account
    assert known is not None
    policy = Policy(rules(rule(row(f"amount_minor > {limit}", "1000"), row())))
    percent = policy.discount_threshold_percent(opportunity, known.record, NOW)  # type: ignore[arg-type]
    assert percent == (Decimal(10) if minor > limit else Decimal(20))


@pytest.mark.parametrize(
    ("left", "right", "wanted"),
    [("1", "2", -1), ("2", "1", 1), ("1.10", "1.1", 0), ("-1", "1", -1), ("0.1", "0.10000000000000000001", -1)],
)
def test_two_numbers_compared(left: str, right: str, wanted: int) -> None:
    assert compare(left, right) == wanted


@pytest.mark.parametrize(("left", "right"), [("x", "1"), ("1", "x"), ("", "")])
def test_what_is_no_number_cannot_be_compared(left: str, right: str) -> None:
    with pytest.raises(ValueError, match=rf"^compare takes decimal numbers, not '{left}' and '{right}'$"):
        compare(left, right)


@given(st.decimals(-(10**14), 10**14, places=4), st.decimals(-(10**14), 10**14, places=4))
def test_compare_is_exact(left: Decimal, right: Decimal) -> None:
    assert compare(str(left), str(right)) == (left > right) - (left < right)
    assert compare(str(left), str(left + Decimal("0.0001"))) == -1


def test_lines_that_come_to_the_amount_make_it_whole_minor_units() -> None:
    """Why `amount_minor` is exact where the threshold is asked: the deal is complete by then."""
    amount = line_amount(Decimal("1.333"), Decimal("0.9999"), Decimal("3.33"), "KWD")
    assert amount % minor_unit("KWD") == 0


def test_a_pilot_goes_from_named_accounts_over_a_share_to_all() -> None:
    named = row('account_id in ["a1"]', "true")
    for rows, takes_part in [
        ((named, row("true", "false")), {"a1"}),
        ((named, row("true", f"bucket < {bucket_of('a2') + 1}")), {"a1", "a2"}),
        ((row("true", "true"),), {"a1", "a2", "a3"}),
    ]:
        policy = Policy(rules(rule(*rows, decides="pilot"), without="pilot-accounts"))
        for account in ("a1", "a2", "a3"):
            aside = policy.stands_aside(deal(account_id=account).meta)
            expected = account in takes_part or (len(takes_part) == 2 and bucket_of(account) <= bucket_of("a2"))
            assert (aside is None) == expected


def test_waves_are_even_and_fixed() -> None:
    assert (bucket_of("acme"), bucket_of("globex")) == (98, 49)
    share = [bucket_of(f"account-{number}") for number in range(10_000)]
    assert min(share) == 0
    assert max(share) == 99
    assert 850 < sum(bucket < 10 for bucket in share) < 1150


def test_a_flow_that_is_off_skips_with_that_reason_and_leaves_the_others() -> None:
    off = Policy(rules(rule(row(value='flow != "order"'), decides="flow"), without="flows"))
    held = line("l1")
    assert decide(deal(held), facts(item(held)), off, NOW) == Skip(
        SkipWhy.OUT_OF_PILOT, "the flow order is switched off"
    )
    assert isinstance(decide(deal(held), facts(item(held)), Policy(), NOW), Forward)
    assert decide(item(held), facts(), off, NOW) == Skip(SkipWhy.OUT_OF_PILOT, "the flow order is switched off")


def test_notes_say_once_what_was_asked() -> None:
    held = line("l1")
    policy = Policy().under(shipped())
    decide(deal(held), facts(item(held)), policy, NOW)
    assert policy.notes is not None
    assert [note.name for note in policy.notes] == ["flow", "pilot", "price.list", "discount.threshold"]
    assert Policy().notes is None


def test_rules_are_asked_at_the_time_the_event_was_received_not_by_the_clock() -> None:
    switch = NOW + timedelta(hours=1)
    found = rules(
        rule(row(value="2000"), id="old", to=switch.isoformat()),
        rule(row(value="500"), id="new", from_=switch.isoformat()),
    )
    held = line("l1", discount="10")
    for received, late in [(switch - timedelta(seconds=1), False), (switch, True)]:
        event = deal(held, received_at=received)
        for clock in (NOW, NOW + timedelta(days=9)):
            assert isinstance(decide(event, facts(item(held)), Policy(found), clock), DeadLetter) == late


def test_settings_take_the_place_of_shipped_rules_exactly() -> None:
    wait, grace = timedelta(hours=1, microseconds=1), timedelta(milliseconds=1500)
    bent = shipped(Limits(Decimal("12.34"), hold_for=wait, line_grace=grace, pilot=frozenset({"é", 'q"u', "a1"})))
    assert ask(bent).value == 1234
    assert bent.decide("hold.account", {"account_id": "a", "flow": "order"}, NOW).value == wait
    assert bent.decide("hold.lines", {"account_id": "a", "waits_for": "lines"}, NOW).value == grace
    for account, takes_part in [("é", True), ('q"u', True), ("a1", True), ("a2", False), ("", False)]:
        pilot = {"flow": "order", "account_id": account, "bucket": 0}
        assert bent.decide("pilot", pilot, NOW).value is takes_part
    assert ask(bent).why == "Discounts that need an approval: as this worker's settings say"
    assert bent.version != shipped().version
    assert shipped(Limits(pilot=frozenset())).decide("pilot", {**pilot, "bucket": 0}, NOW).value is False
