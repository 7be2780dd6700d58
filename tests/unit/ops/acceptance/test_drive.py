"""What a run drives: of every flow as much as was asked, and the same for the same seed."""

from __future__ import annotations

import pytest

from ops.acceptance.drive import LEAST, SHARES, plan_work
from ops.acceptance.provider import Provider
from ops.demo.records import Delivery
from schemas.prorate import interval_at
from tests.unit.streams.decide.cases import NOW


@pytest.mark.parametrize("records", [LEAST, 100, 777, 5000])
def test_a_run_has_as_many_records_as_asked(records: int) -> None:
    work = plan_work("r", 1, records, NOW.date())
    assert sum(share.percent for share in SHARES) == 100
    assert work.driven.keys() == {share.flow for share in SHARES}
    asked = [one for one in work.said["refunds"] if one["id"].endswith("-0")]
    sold = work.driven["FL3"] - work.driven["FL4"]
    own = work.driven["FL1"] - work.driven["FL2"] - work.driven["FL4"]
    others = sum(work.driven[flow] for flow in ("FL2", "FL4", "FL5", "FL6", "FL7", "FL8", "FL10"))
    assert own + sold + others + len(asked) == records
    assert len(work.billing) == work.driven["FL5"] + work.driven["FL6"] + len(asked)


def test_the_same_seed_is_the_same_work() -> None:
    one, other = (plan_work("r", 7, 100, NOW.date()) for _ in range(2))
    assert (one.deals, one.steps, one.said) == (other.deals, other.steps, other.said)
    assert plan_work("r", 8, 100, NOW.date()).deals != one.deals


def test_fewer_records_than_touch_every_flow_are_refused() -> None:
    with pytest.raises(ValueError, match="at least"):
        plan_work("r", 1, LEAST - 1, NOW.date())


def test_subscriptions_change_within_intervals_and_at_their_beginning() -> None:
    work = plan_work("r", 1, 1000, NOW.date())
    inside, starts, over = 0, 0, 0
    for one in work.said["revisions"]:
        interval = interval_at(one["starts_on"], one["effective_on"], one["billing_interval"])
        inside += interval.start != one["effective_on"]
        starts += interval.start == one["effective_on"] and one["revision"] > 1
        over += one["status"] == "cancelled"
    assert min(inside, starts, over) > 5


def test_a_provider_names_the_invoice_with_the_payment_alone() -> None:
    work = plan_work("r", 1, 100, NOW.date())
    (first, second, *_) = [one.deeds for one in work.thens if isinstance(one.deeds, Provider)]
    told = [one for one in first({"invoice_number": "2026/7"}, NOW) if isinstance(one, Delivery)]
    assert [one.kind for one in told] == ["charge.succeeded", "refund.updated"]
    assert told[0].data["metadata"] == {"invoice_number": "2026/7"}
    assert [one.kind for one in second({"invoice_number": "2026/8"}, NOW) if isinstance(one, Delivery)] == [
        "refund.created",
        "charge.succeeded",
        "refund.updated",
        "refund.updated",
    ]
