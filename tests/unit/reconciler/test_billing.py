"""When new billing waits, and when it goes on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from histories import at
from test_history import drift

from reconciler.billing import HOLD_ID, BillingPolicy, in_doubt, judge
from reconciler.held import held_since
from reconciler.state import State
from reconciler.store import MemoryStore

POLICY = BillingPolicy(Decimal("0.01"), Decimal("0.002"))


@pytest.mark.parametrize(
    ("doubtful", "known", "held", "told"),
    [
        (0, 0, False, None),
        (10, 1000, False, None),  # one in a hundred is not above it
        (11, 1000, False, "raised"),
        (11, 1000, True, None),
        (3, 1000, True, None),  # between the two nothing changes
        (2, 1000, True, "released"),
        (0, 0, True, "released"),
        (1, 0, False, "raised"),
    ],
)
def test_it_is_raised_above_and_released_below(doubtful: int, known: int, held: bool, told: str | None) -> None:
    hold = judge(doubtful, known, at(0) if held else None, POLICY, at(5))
    assert (hold.state if hold else None) == told
    if hold is not None:
        assert (hold.hold_id, hold.raised_at) == (HOLD_ID, at(0) if held else at(5))
        assert hold.released_at == (at(5) if held else None)


def test_a_few_records_hold_nothing_and_let_go_of_what_is_held() -> None:
    policy = BillingPolicy(Decimal("0.01"), Decimal("0.002"), least=3)
    assert judge(2, 10, None, policy, at(5)) is None
    assert judge(3, 10, None, policy, at(5)) is not None
    assert judge(2, 10, at(0), policy, at(5)) is None  # it falls by its share, not by its number


def test_a_new_folder_knows_what_was_told() -> None:
    raised = judge(11, 1000, None, POLICY, at(1))
    released = judge(0, 1000, at(1), POLICY, at(2))
    assert raised is not None
    assert released is not None
    by_person = released.model_copy(update={"reason": "people"})
    assert held_since([]) is None
    assert held_since([raised]) == at(1)
    assert held_since([raised, released]) is None
    assert held_since([raised, by_person]) == at(1)  # not raised again before the share has fallen
    assert held_since([raised, by_person, released]) is None


def test_doubtful_is_money_at_stake_that_nothing_accounts_for() -> None:
    def one(key: str, **fields: Any) -> Any:
        status = fields.pop("status", "opened")
        return drift(status, 5, key, **({"at_stake": Decimal(20)} | fields))

    drifts = [
        one("O1"), one("O1", kind="field_mismatch"), one("O2", at_stake=None), one("O3", explained_by="letter:L"),
        one("O4", status="closed"), one("O5"),
    ]  # fmt: skip
    assert in_doubt(drifts) == 2


def test_what_was_told_is_remembered() -> None:
    store = MemoryStore()
    state = State(store)
    assert state.billing_held is None
    state.hold_billing(at(5))
    state.commit()
    again = State(store)
    assert again.billing_held == at(5)
    again.hold_billing(None)
    again.commit()
    assert State(store).billing_held is None
