"""FL9: partial refunds add up, whatever arrives first, and never to more than the invoice's total."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcome import DeadLetter, Forward
from schemas.records import Charge, Command, Invoice, Refund
from streams.decide import Policy, decide
from streams.facts.view import View
from tests.unit.streams.decide.cases import NOW, D, invoice
from tests.unit.streams.decide.test_refund_decisions import charge, refund, told

POLICY = Policy()


def line_of(*events: Refund | Charge | Invoice) -> tuple[dict[str, Decimal], int]:
    """The events through the line in this order, twice: what was credited, and how many letters there were."""
    view, credited, letters = View(), dict[str, Decimal](), 0
    for event in [*events, *events]:
        outcome = decide(event, view.facts_for(event, None), POLICY, NOW)
        view.learn(event, outcome)
        for value in told(outcome) if isinstance(outcome, Forward) and isinstance(event, Refund) else ():
            assert isinstance(value, Command)
            assert value.refund is not None
            assert credited.setdefault(value.key, value.refund.amount) == value.refund.amount
        letters += isinstance(outcome, DeadLetter)
    return credited, letters


PARTS = st.lists(st.tuples(st.integers(1, 6000), st.integers(0, 3), st.sampled_from(["ch_1", "ch_2"])), max_size=7)


@settings(max_examples=300, deadline=None)
@given(PARTS, st.randoms(use_true_random=False))
def test_partial_refunds_in_any_order_add_up_and_never_above_the_total(
    parts: list[tuple[int, int, str]], random: Any
) -> None:
    """Of two payments of one invoice, each event told twice, payments and invoice late or not."""
    found = [
        refund(f"re_{number}", tick=number + 1, amount=str(Decimal(cents) / 100), age=age, charge_id=paid)
        for number, (cents, age, paid) in enumerate(parts)
    ]
    events: list[Refund | Charge | Invoice] = [
        *found,
        charge(),
        charge(key="ch_2"),
        invoice(state="paid", balance="0", order_id=None),
    ]
    random.shuffle(events)
    credited, letters = line_of(*events)
    whole = sum((one.amount for one in found), D(0))
    assert sum(credited.values(), D(0)) <= D(100)
    if whole <= D(100):
        assert credited == {one.id: one.amount for one in found}
        assert letters == 0
    else:
        assert len(credited) < len(found)
        assert letters > 0
