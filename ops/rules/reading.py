"""Recorded events and outcomes, read from their topics' beginnings to their ends as committed."""

from __future__ import annotations

from schemas import headers as names
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.headers import header_text
from schemas.records import Stamped
from schemas.topics import BY_NAME, CLEAN, COMMAND, DEAD_LETTER, SKIPPED
from streams.runtime.reading import read_to_the_end

OUTCOMES = (*COMMAND.values(), SKIPPED, *DEAD_LETTER.values())
_GROUP = "meshline.rules"


def read_events(bootstrap: str, codec: Codec) -> list[Stamped]:
    """Every clean event, in an order in which a worker could have met it: each topic's partition in its own order,
    topics beside each other by time, parents first. Raises KafkaException, RegistryUnavailable.
    """
    rank = {topic.name: number for number, topic in enumerate(CLEAN)}
    newest: dict[tuple[str, int], int] = {}
    found: list[tuple[int, int, int, int, Stamped]] = []
    for message in read_to_the_end(bootstrap, _GROUP, [topic.name for topic in CLEAN], missing_ok=True):
        place = (message.topic(), message.partition())
        newest[place] = max(newest.get(place, 0), message.timestamp()[1])
        record = BY_NAME[message.topic()].record
        assert record is not None
        try:
            event = codec.read(message.value(), record)
        except (Undecodable, ContractViolation):
            continue  # it became a letter before any rule was asked
        assert isinstance(event, Stamped)
        found.append((newest[place], rank[message.topic()], message.partition(), message.offset(), event))
    return [event for *_, event in sorted(found, key=lambda one: one[:4])]


def read_outcomes(bootstrap: str, event_id: str) -> list[tuple[str, int, str]]:
    """(topic, time in ms, the rules' header) of what came of an event, oldest first. Raises KafkaException."""
    found = [
        (message.topic(), message.timestamp()[1], header_text(message.headers(), names.RULES))
        for message in read_to_the_end(bootstrap, _GROUP, [topic.name for topic in OUTCOMES], missing_ok=True)
        if header_text(message.headers(), names.EVENT_ID) == event_id
    ]
    return sorted(found, key=lambda one: one[1])
