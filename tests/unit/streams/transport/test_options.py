"""The librdkafka configuration that the options make."""

from __future__ import annotations

from typing import Any

import pytest

from streams.transport import EngineOptions
from streams.transport.options import RETRY_MS


def test_offsets_are_never_committed_by_the_client_itself() -> None:
    config = EngineOptions().consumer_config("b:1", "g")
    assert (config["enable.auto.commit"], config["enable.auto.offset.store"]) == (False, False)
    assert config["isolation.level"] == "read_committed"


def test_what_is_given_wins_and_reaches_both_clients() -> None:
    security = {"security.protocol": "SASL_SSL", "sasl.username": "u"}
    options = EngineOptions(consumer=security | {"auto.offset.reset": "error"}, producer=security)
    assert options.consumer_config("b:1", "g").items() >= (security | {"auto.offset.reset": "error"}).items()
    assert options.plain_producer_config("b:1").items() >= security.items()


@pytest.mark.parametrize(("delivery_timeout", "expected"), [(60_000, 30_000), (5_000, 5_000)])
def test_a_delivery_ends_before_its_transaction(delivery_timeout: int, expected: int) -> None:
    options = EngineOptions(
        delivery="exactly-once",
        transactional_id="t",
        transaction_timeout=30,
        producer={"delivery.timeout.ms": delivery_timeout},
    )
    config = options.transactional_producer_config("b:1")
    assert config["delivery.timeout.ms"] == expected <= config["transaction.timeout.ms"]


def test_static_membership_is_optional() -> None:
    assert "group.instance.id" not in EngineOptions().consumer_config("b:1", "g")
    assert EngineOptions(group_instance_id="w0").consumer_config("b:1", "g")["group.instance.id"] == "w0"


def test_bounds_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        EngineOptions(batch_size=0)


def test_a_transaction_begins_soon_after_the_last_one() -> None:
    def retry(**producer: Any) -> Any:
        options = EngineOptions(delivery="exactly-once", transactional_id="t", producer=producer)
        return options.transactional_producer_config("b:1")["retry.backoff.ms"]

    assert retry() == RETRY_MS < 20
    assert retry(**{"retry.backoff.ms": 50}) == 50
