"""The real ERP keeps what every sink promises."""

from __future__ import annotations

import pytest

from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer
from tests.contract.sink_promises import Case, SinkPromises, credit_of, customer_of, new_key, order_of, schedule_of


@pytest.fixture(params=["customer", "order", "credit", "schedule"])
def case(request: pytest.FixtureRequest, stack_settings: Settings) -> Case:
    if request.param == "customer":
        return Case(lambda: TrytonSink.of(stack_settings), customer_of)
    make = {"order": order_of, "credit": credit_of, "schedule": schedule_of}[request.param]
    return Case(lambda: TrytonSink.of(stack_settings), make, first=lambda key: customer(f"a-{key}"))


@pytest.fixture
def key() -> str:
    return new_key()


class TestTrytonSink(SinkPromises):
    pass
