from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.demo.catalogue import COUNTRIES, PRODUCTS, RATES, WON
from ops.demo.people import account_row
from ops.demo.plan import plan_day
from ops.demo.records import Account, Delivery, Plan, Step, Transaction, total_of
from schemas.money import minor_unit, round_money
from schemas.reasons import Reason
from streams.decide.opportunity import CLOSED_WON
from streams.matching import Profile, likely

TODAY = date(2026, 3, 2)


def plan(seed: int = 7, run: str = "r1", accounts: int = 200, opportunities: int = 300) -> Plan:
    return plan_day(run, 12, seed, accounts, opportunities, TODAY)


def profile(account: Account) -> Profile:
    known = {name: value for name, value in account_row(account).items() if name in Profile.__dataclass_fields__}
    return Profile(account.id, **known)


def steps(day: Plan) -> list[Step]:
    return [step for lane in (*day.morning, *day.afternoon) for step in lane.steps]


def test_a_seed_repeats_a_day_and_another_gives_another() -> None:
    assert plan(seed=1) == plan(seed=1)
    assert plan(seed=1).opportunities != plan(seed=2).opportunities


def test_a_second_run_shares_no_id_with_the_first() -> None:
    first, second = plan(run="r1"), plan_day("r2", 13, 7, 200, 300, TODAY)
    assert not (first.accounts.keys() & second.accounts.keys())
    assert not (first.opportunities.keys() & second.opportunities.keys())


def test_no_company_of_a_repeated_day_is_taken_for_one_of_the_first() -> None:
    first, second = ([profile(one) for one in plan(run=run).accounts.values()] for run in ("r1", "r2"))
    assert [(one.key, likely(one, first)) for one in second if likely(one, first)] == []


def test_the_day_has_the_size_and_the_mixture_of_a_real_one() -> None:
    day = plan()
    assert len(day.accounts) == 200
    assert len(day.opportunities) >= 300
    assert {account.country for account in day.accounts.values()} == {country.code for country in COUNTRIES}
    assert {deal.currency for deal in day.opportunities.values()} == set(RATES)
    assert {len(deal.lines) for deal in day.opportunities.values()} == {1, 2, 3, 4, 5}
    assert 0.2 < 1 - len(day.in_crm & day.accounts.keys()) / 200 < 0.3
    assert 0.22 < len(day.orders) / len(day.opportunities) < 0.38
    assert any(not account.name.isascii() for account in day.accounts.values())
    sources = Counter(step.source for step in steps(day) if isinstance(step, Delivery))
    assert sources.keys() == {"standard", "hubspot", "stripe"}


def test_what_is_ordered_is_won_and_what_is_won_is_ordered_or_refused() -> None:
    day = plan()
    won = {deal.id for deal in day.opportunities.values() if deal.stage == WON}
    assert WON == CLOSED_WON
    assert won - day.letters.keys() == day.orders


@given(st.integers(0, 2**32), st.integers(8, 40), st.integers(12, 60))
@settings(max_examples=25, deadline=None)
def test_amounts_are_sums_of_lines_in_whole_minor_units(seed: int, accounts: int, opportunities: int) -> None:
    day = plan(seed, accounts=accounts, opportunities=opportunities)
    for deal in day.opportunities.values():
        assert deal.amount == total_of(deal.lines, deal.currency) == round_money(deal.amount, deal.currency)
        assert deal.amount % minor_unit(deal.currency) == 0
        assert all(line.quantity > 0 and line.unit_price > 0 for line in deal.lines)


def _rows(day: Plan) -> tuple[dict[str, dict[str, object]], dict[str, set[str]]]:
    """The CRM's opportunities and their lines after all writes of the day, in the order of each lane."""
    deals: dict[str, dict[str, object]] = {}
    lines: dict[str, set[str]] = {}
    for step in steps(day):
        for write in step.writes if isinstance(step, Transaction) else ():
            if write.table == "opportunities":
                deals.setdefault(write.id, {}).update(write.values)
            if write.table == "opportunity_lines" and write.verb == "insert":
                lines.setdefault(str(write.values["opportunity_id"]), set()).add(write.id)
    return deals, lines


def test_the_crm_ends_the_day_as_the_plan_expects() -> None:
    day = plan()
    deals, lines = _rows(day)
    assert deals.keys() == day.in_crm & day.opportunities.keys()
    for deal_id, row in deals.items():
        deal = day.opportunities[deal_id]
        assert (row["stage"], row["amount"], row["line_count"]) == (deal.stage, deal.amount, len(deal.lines))
        assert lines[deal_id] == {line.id for line in deal.lines}


def test_an_update_never_comes_before_its_insert() -> None:
    day = plan()
    for lane in day.morning:
        known: set[str] = set()
        for step in lane.steps:
            for write in step.writes if isinstance(step, Transaction) else ():
                known |= {write.id} if write.verb == "insert" else set()
                assert write.id in known


def test_every_trouble_is_in_the_day() -> None:
    day = plan()
    assert set(day.letters.values()) == {
        Reason.MISSING_ACCOUNT,
        Reason.MISSING_PRODUCT,
        Reason.DISCOUNT_NEEDS_APPROVAL,
        Reason.CONTRACT_VIOLATION,
    }
    assert day.undecodable == 2
    deliveries = [step for step in steps(day) if isinstance(step, Delivery)]
    assert {step.status for step in deliveries} == {202, 400, 401, 413}
    assert any(step.repeats for step in deliveries)
    assert any(step.echoes for step in deliveries)
    assert any(step.age_s > 60 for step in deliveries)
    assert any(write.verb == "delete" for step in steps(day) if isinstance(step, Transaction) for write in step.writes)


def test_an_order_breaks_no_rule() -> None:
    day = plan()
    for deal in (day.opportunities[deal_id] for deal_id in day.orders):
        assert deal.account_id in day.accounts
        assert all(line.sku in PRODUCTS for line in deal.lines)
        assert deal.discount_approved_by or all(line.discount_percent <= Decimal(20) for line in deal.lines)
