"""The target in memory keeps what every sink promises."""

from __future__ import annotations

import pytest

from sinks.memory.sink import MemorySink
from tests.contract.sink_promises import (
    Case,
    SinkPromises,
    credit_of,
    customer_of,
    draft_of,
    new_key,
    order_of,
    post_of,
    refund_of,
    schedule_of,
)


@pytest.fixture(
    params=[
        pytest.param(customer_of, id="customer"),
        pytest.param(order_of, id="order"),
        pytest.param(credit_of, id="credit"),
        pytest.param(schedule_of, id="schedule"),
        pytest.param(draft_of, id="draft"),
        pytest.param(post_of, id="post"),
        pytest.param(refund_of, id="refund"),
    ]
)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(MemorySink, request.param)


@pytest.fixture
def key() -> str:
    return new_key()


class TestMemorySink(SinkPromises):
    pass
