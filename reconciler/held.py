"""What was told of our own billing hold, read once where the folder does not know it any more."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from confluent_kafka import KafkaException

from reconciler.billing import HOLD_ID, REASON
from reconciler.errors import BrokerUnavailable
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import BillingHold
from schemas.topics import Topic
from streams.runtime.reading import read_to_the_end


def read_held(bootstrap: str, group: str, topic: Topic, codec: Codec) -> datetime | None:
    """Since when our hold stands. Raises BrokerUnavailable, RegistryUnavailable."""
    found: list[BillingHold] = []
    try:
        for message in read_to_the_end(bootstrap, group, [topic.name]):
            if message.key() != HOLD_ID.encode() or message.value() is None:
                continue
            try:
                found.append(codec.read(message.value(), BillingHold))
            except (Undecodable, ContractViolation):
                continue  # told again, it is written anew
    except KafkaException as error:
        raise BrokerUnavailable from error
    return held_since(found)


def held_since(told: Iterable[BillingHold]) -> datetime | None:
    """The last word, oldest first. What a person released is ours still: raised again only after it has fallen."""
    since: datetime | None = None
    for one in told:
        ours = one.reason == REASON
        since = None if one.state == "released" and ours else one.raised_at
    return since
