"""Topics are read whole, once, and a topic that is missing is not taken for an empty one unless that is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import KafkaException

from streams.runtime.reading import read_to_the_end
from streams.runtime.settings import Settings
from tests.integration.transport_rig import Rig, rig


@pytest.fixture
def parts(stack_settings: Settings) -> Iterator[Rig]:
    with rig(stack_settings.bootstrap) as made:
        yield made


def test_every_partition_of_every_topic_is_read_once(parts: Rig, stack_settings: Settings) -> None:
    one, other, empty = parts.topic("one", 4), parts.topic("other"), parts.topic("empty", 2)
    values = [b"%d" % number for number in range(3000)]
    parts.fill(one, values)
    parts.fill(other, values[:10])
    read = [(m.topic(), m.value()) for m in read_to_the_end(stack_settings.bootstrap, "reads", [one, other, empty])]
    assert sorted(read) == sorted([(one, value) for value in values] + [(other, value) for value in values[:10]])


def test_a_topic_that_is_missing_is_an_error_or_has_nothing(parts: Rig, stack_settings: Settings) -> None:
    there = parts.topic("there")
    parts.fill(there, [b"1"])
    wanted = [there, f"{there}.missing"]
    with pytest.raises(KafkaException):
        list(read_to_the_end(stack_settings.bootstrap, "reads", wanted))
    found = list(read_to_the_end(stack_settings.bootstrap, "reads", wanted, missing_ok=True))
    assert [message.value() for message in found] == [b"1"]
