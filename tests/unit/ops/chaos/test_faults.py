"""Which faults a campaign draws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.chaos.delivery.campaign import SESSION_TIMEOUT, Campaign
from ops.chaos.delivery.faults import KILLS, OF_BROKERS, WORKERS, Kind, draw, expected_seconds


@given(seed=st.integers(0, 10**6), kills=st.integers(0, 60), brokers=st.sampled_from([0, 1, 3]))
def test_a_plan_has_its_kills_and_only_what_there_is_to_strike(seed: int, kills: int, brokers: int) -> None:
    campaign = Campaign(seed=seed, kills=kills, brokers=brokers)
    faults = draw(campaign)
    assert faults == draw(campaign), "the same seed draws the same faults"
    assert sum(fault.kind in KILLS for fault in faults) == kills
    if not brokers:
        assert not {fault.kind for fault in faults} & OF_BROKERS
    if brokers < 3:
        assert not {fault.kind for fault in faults} & {Kind.GROUP_COORDINATOR, Kind.TRANSACTION_COORDINATOR}
    assert all(fault.gap > 0 and fault.hold >= 0 for fault in faults)
    assert (expected_seconds(faults) > 0) is bool(kills)


def test_a_campaign_of_some_length_has_every_kind() -> None:
    assert {fault.kind for fault in draw(Campaign(kills=20, brokers=3))} == set(Kind)
    assert {fault.kind for fault in draw(Campaign(kills=10, brokers=0))} == set(WORKERS)


def test_long_pauses_outlast_the_session_and_short_ones_do_not() -> None:
    faults = draw(Campaign(kills=200))
    assert all(fault.hold > SESSION_TIMEOUT for fault in faults if fault.kind is Kind.PAUSE_LONG)
    assert all(fault.hold < SESSION_TIMEOUT for fault in faults if fault.kind is Kind.PAUSE_SHORT)


def test_without_faults_nothing_is_struck() -> None:
    assert draw(Campaign(faults=False)) == []


@pytest.mark.parametrize("wrong", [{"brokers": 2}, {"workers": 0}, {"kills": -1}])
def test_a_campaign_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="campaign"):
        Campaign(**wrong)
