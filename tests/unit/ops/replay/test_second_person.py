"""When a second person must agree, and who may change which field."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.replay.edits.levels import Level, highest, rules
from ops.replay.second import Alone, Weight, why_second
from schemas.reasons import Reason

ALONE = Alone(3, 1, {"EUR": Decimal(100)})
WEIGHTS = st.lists(
    st.builds(
        Weight,
        st.none() | st.decimals(-200, 200, places=2),
        st.sampled_from(["EUR", "USD", None]),
        st.sampled_from([None, Level.FREE, Level.SENSITIVE]),
    ),
    max_size=6,
)


@pytest.mark.parametrize(
    ("letters", "word"),
    [
        ([Weight(Decimal(60), "EUR")] * 1, ""),
        ([Weight(Decimal(60), "EUR")] * 2, "120 EUR"),
        ([Weight(Decimal(-60), "EUR")] * 2, "120 EUR"),
        ([Weight(Decimal(1), "XAU")], "1 XAU"),
        ([Weight(None, None)] * 4, "4 letters are more than 3"),
        ([Weight(None, None, Level.FREE)], ""),
        ([Weight(None, None, Level.FREE)] * 2, "2 edited letters"),
        ([Weight(None, None, Level.SENSITIVE)], "a sensitive field"),
    ],
)
def test_it_is_said_what_one_person_may_not_do_alone(letters: list[Weight], word: str) -> None:
    said = why_second(letters, ALONE)
    assert (word in said) if word else not said


@given(WEIGHTS, WEIGHTS)
def test_more_letters_never_need_fewer_people(some: list[Weight], more: list[Weight]) -> None:
    if why_second(some, ALONE):
        assert why_second([*some, *more], ALONE)


def test_a_patch_and_a_redirect_always_need_a_second_person() -> None:
    assert "patch" in why_second([], ALONE, patch="fix 1")
    assert "orders" in why_second([], ALONE, redirect="orders")


@pytest.mark.parametrize(
    ("reason", "path", "level"),
    [
        (Reason.MISSING_PRODUCT, "lines.0.sku", Level.FREE),
        (Reason.MISSING_PRODUCT, "order.lines.12.sku", Level.FREE),
        (Reason.MISSING_PRODUCT, "lines.0.quantity", Level.SENSITIVE),
        (Reason.MISSING_ACCOUNT, "meta.account_id", Level.FREE),
        (Reason.ERP_REJECTED, "meta.account_id", Level.LOCKED),
        (Reason.ERP_REJECTED, "meta.version", Level.LOCKED),
        (Reason.ERP_REJECTED, "version", Level.LOCKED),
        (Reason.DISCOUNT_NEEDS_APPROVAL, "lines.0.discount_percent", Level.LOCKED),
        (Reason.DISCOUNT_NEEDS_APPROVAL, "discount_approved_by", Level.SENSITIVE),
        (Reason.ERP_REJECTED, "amounts", Level.SENSITIVE),
    ],
)
def test_the_file_says_who_may_change_what(reason: Reason, path: str, level: Level) -> None:
    assert rules().level(reason, path) is level


def test_ids_and_versions_are_locked_for_every_reason() -> None:
    for reason in Reason:
        for path in ("meta.event_id", "command_id", "event_id", "kind", "key", "version", "meta.key", "repair"):
            assert rules().level(reason, path) is Level.LOCKED, (reason, path)


def test_the_most_careful_level_counts() -> None:
    assert highest([Level.FREE, Level.LOCKED, Level.SENSITIVE]) is Level.LOCKED
    assert highest([]) is Level.FREE
