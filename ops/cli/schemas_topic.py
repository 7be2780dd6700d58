"""What is really in a topic: schema ids in use, the oldest offset of each, and whether today's reader reads them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition
from rich.console import Console
from rich.table import Table

from ops.cli.failure import say, told
from schemas.gate.errors import SourceUnreadable
from schemas.gate.findings import Subject, Version
from schemas.gate.online import OnlineRegistry
from schemas.gate.terms import Terms
from schemas.topics import BY_NAME
from streams.runtime.settings import load_settings

_MOST_RECORDS = 2_000_000
_MOST_SECONDS = 120.0
_HEADER = 5


@dataclass(slots=True)
class Use:
    """One schema id in the topic: its first record, and how many were seen."""

    partition: int
    offset: int
    records: int = 0


def topic_subject(topic: str, registry: str | None, subjects: Sequence[Subject]) -> list[Subject]:
    """A subject whose released versions are the schemas in the topic. Raises SourceUnreadable."""
    with told():
        settings = load_settings()
        settings.need("bootstrap", *(() if registry else ("registry_url",)))
        try:
            uses, whole = _scan(settings.bootstrap, topic)
        except KafkaException as error:
            raise SourceUnreadable(f"Kafka: {error.args[0].str()}") from error
    online = OnlineRegistry(registry or settings.registry_url)
    versions = tuple(
        Version(schema_id, f"{topic}/{use.partition}/{use.offset}", online.schema(schema_id), f"schema id {schema_id}")
        for schema_id, use in sorted(uses.items())
    )
    online.close()
    _tell(uses, topic, whole)
    found = _reader(topic, subjects)
    if found is None:
        raise SourceUnreadable(f"no schema in the folder is the reader of {topic}: name the file like the topic")
    return [Subject(topic, found.candidate, versions, terms=Terms(found.terms.file, found.terms.owner))]


def _reader(topic: str, subjects: Sequence[Subject]) -> Subject | None:
    declared = BY_NAME.get(topic)
    names = {topic, f"{topic}-value"}
    if declared is not None and declared.record is not None:
        names.add(declared.record.__name__)
    return next((subject for subject in subjects if subject.name.rpartition("/")[2] in names), None)


def _scan(bootstrap: str, topic: str) -> tuple[dict[int, Use], bool]:
    """Every schema id from the beginning to the end as it is now, and whether all of it was read."""
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "meshline-schemas-check", "enable.auto.commit": False}
    )
    try:
        about = consumer.list_topics(topic, timeout=10).topics[topic]
        if about.error is not None or not about.partitions:
            raise SourceUnreadable(f"there is no topic {topic}")
        ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number)) for number in about.partitions}
        left = {number: high for number, (low, high) in ends.items() if high > low}
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in left])
        return _read(consumer, left)
    finally:
        consumer.close()


def _read(consumer: Consumer, left: dict[int, int]) -> tuple[dict[int, Use], bool]:
    uses: dict[int, Use] = {}
    deadline, seen = time.monotonic() + _MOST_SECONDS, 0
    while left and seen < _MOST_RECORDS and time.monotonic() < deadline:
        batch: list[Message] = consumer.consume(10_000, timeout=1.0)
        for message in batch:
            if message.error() is None:
                seen += 1
                _note(uses, message)
        for position in consumer.position([TopicPartition(consumer.assignment()[0].topic, number) for number in left]):
            if position.offset >= left[position.partition]:
                del left[position.partition]
    return uses, not left


def _note(uses: dict[int, Use], message: Message) -> None:
    value = message.value()
    if isinstance(value, bytes) and len(value) >= _HEADER and value[0] == 0:
        use = uses.setdefault(
            int.from_bytes(value[1:_HEADER], "big"), Use(message.partition() or 0, message.offset() or 0)
        )
        use.records += 1


def _tell(uses: dict[int, Use], topic: str, whole: bool) -> None:
    table = Table("schema id", "oldest at", "records", title=topic, box=None)
    for schema_id, use in sorted(uses.items()):
        table.add_row(str(schema_id), f"partition {use.partition}, offset {use.offset}", f"{use.records:,}")
    Console(stderr=True, highlight=False).print(table)
    if not whole:
        say(f"only the first {_MOST_RECORDS:,} records, or {_MOST_SECONDS:.0f} s, were read")
