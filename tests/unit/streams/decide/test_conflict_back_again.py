"""DR2 and DR3 where a value comes back: what both sides had once is as new as any other value."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.outcome import DeadLetter, Forward, Skip
from schemas.reasons import Reason
from streams.decide import Facts, Known, Policy, decide
from streams.decide.facts import Touch
from tests.unit.streams.decide.cases import NOW, facts
from tests.unit.streams.decide.test_conflict import crm, erp, known, order, won
from tests.unit.streams.decide.two_sides import agreed

#: A deal of 20: the CRM's people made that of 10 at the time 20, and both had it then.
DEALT = Known(won("10", 20), touched={"amount": Touch(20, "seller", "10")})


@pytest.mark.parametrize(
    ("at", "reason"), [(30, Reason.WRITTEN_BY_WRONG_SIDE), (20, Reason.CONFLICT_ON_FINANCIAL_FIELD)]
)
def test_an_amount_that_the_erp_s_people_change_back_is_told(at: int, reason: Reason) -> None:
    told = decide(
        order("10", at, "clerk"), Facts(known=Known(order("20", 15, "clerk")), counterpart=DEALT), Policy(), NOW
    )
    assert isinstance(told, DeadLetter)
    assert told.reason is reason
    assert "the CRM has 20" in told.detail
    assert "the ERP has 10 since" in told.detail


def test_an_amount_that_the_erp_has_not_followed_yet_is_no_change_there() -> None:
    held = Known(order("10", 15, "clerk"), touched={"total": Touch(15, "clerk", "5")})
    outcome = decide(won("10", 20), facts(known=Known(won("5", 1)), counterpart=held), Policy(), NOW)
    assert not isinstance(outcome, DeadLetter) or outcome.reason is not Reason.CONFLICT_ON_FINANCIAL_FIELD


def test_a_name_that_a_clerk_changes_back_goes_to_its_owner() -> None:
    account = known(crm(15, city="Bonn"), city=Touch(15, "seller", "Köln"))
    before = known(erp(16, city="Bonn"), sent=False)
    told: Any = decide(
        erp(20, city="Köln"),
        Facts(known=before, account=account, counterpart=account, customer_code="C1"),
        Policy(),
        NOW,
    )
    assert isinstance(told, DeadLetter)
    assert told.reason is Reason.WRITTEN_BY_WRONG_SIDE


def test_what_the_erp_was_never_told_of_is_carried_over() -> None:
    lagging = known(erp(12, city="Köln"), sent=False, city=Touch(12, "clerk", "Ulm"))
    outcome = decide(
        crm(15, city="Bonn"),
        Facts(known=known(crm(1)), account=known(crm(1)), counterpart=lagging, customer_code="C1"),
        Policy(),
        NOW,
    )
    assert isinstance(outcome, Forward | Skip)


CHANGES = st.lists(
    st.tuples(
        st.sampled_from(("crm", "erp")),
        st.sampled_from(("A", "B", "Köln")),
        st.lists(st.sampled_from(("crm", "erp", "to_crm", "to_erp")), max_size=4),
    ),
    min_size=1,
    max_size=2,
)


@settings(max_examples=300, deadline=None, derandomize=True)  # README: of three, not every one is told
@given(CHANGES)
@example([("crm", "A", ["crm", "to_erp", "erp"]), ("erp", "Köln", [])])
def test_at_rest_both_sides_agree_or_a_letter_tells_what_each_has(changes: list[tuple[str, str, list[str]]]) -> None:
    async def scene() -> None:
        line, systems = await agreed()
        for side, value, steps in changes:
            await (systems.change_crm if side == "crm" else systems.change_erp)("city", value)
            for step in steps:
                await line.step(step)
        await line.rest()
        ours, theirs = await systems.values("city")
        told = [letter.detail for _, letter in line.letters]
        assert ours == theirs or any(f"the CRM has {ours}" in d and f"the ERP has {theirs}" in d for d in told), told

    asyncio.run(scene())
