"""Reads the topics to their ends and the holds table, and keeps the ledger. The cut is consistent by its order:

1. the ends of the raw topics: what is accepted
2. how far the workers have acknowledged
3. the holds
4. the ends of everything else, read up to there

What a worker acknowledged by 2 was durable before, so it is seen in 3 or 4.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from sqlalchemy import case, create_engine, func, literal, select, union_all
from sqlalchemy.exc import SQLAlchemyError

from ops.books.balance import PARKED, Books
from ops.books.errors import BooksUnreadable
from ops.books.facts import At, Holding, Window
from ops.books.ledger import RAW_TOPICS, Ledger
from ops.books.readings import Readings
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry, RegistryUnavailable
from schemas.topics import BY_NAME
from streams.letters.parking.tables import parked
from streams.runtime.database import driver_url
from streams.runtime.settings import Settings
from streams.runtime.tables import holds

Offsets = dict[tuple[str, int], int]
_TIMEOUT_S = 15.0
_QUIET = {"log_level": 0}  # what goes wrong is told by our own errors
_BATCH, _BATCH_S = 5000, 0.05  # `consume` waits for a full batch, or so long


class BooksReader:
    """Reads on from where the last `read` ended, so that asking again while a day runs is cheap."""

    def __init__(self, settings: Settings, starts: Mapping[tuple[str, int], int] | None = None) -> None:
        """`starts`: offsets to begin at (`offsets_at`); None is the whole logs."""
        settings.need("bootstrap", "registry_url", "operations_url")
        self.ledger = Ledger()
        self._whole = starts is None
        self._starts: Offsets = dict(starts or {})
        self._next: Offsets = dict(self._starts)
        self._readings = Readings(Codec(ConfluentRegistry(settings.registry_url)))
        self._groups = [f"{settings.worker.group}.{name}" for name in ("streams", "sinks")]
        self._admin = AdminClient({"bootstrap.servers": settings.bootstrap, **_QUIET})
        self._engine = create_engine(driver_url(settings.operations_url), pool_size=1)
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.bootstrap,
                **_QUIET,
                "group.id": f"{settings.worker.group}.books",  # assigned by hand, never committed
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )

    def __enter__(self) -> BooksReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()
        self._engine.dispose()

    def read(self) -> Books:
        """The books as of now. Raises BooksUnreadable."""
        try:
            if self._whole and not self._starts:
                self._starts = _beginnings(self._admin)
            accepted = _ends(self._admin, RAW_TOPICS)
            acked = self._acked()
            holding = self._holdings()
            others = [topic for topic in self._readings.topics if topic not in RAW_TOPICS]
            self._read_to({**accepted, **_ends(self._admin, others)})
        except (KafkaException, SQLAlchemyError, RegistryUnavailable) as error:
            raise BooksUnreadable(f"cannot read the books: {error}") from error
        return self.ledger.books(Window(self._starts, accepted, self._whole), acked, holding)

    def _acked(self) -> Offsets:
        found: Offsets = {}
        for group in self._groups:
            request = [ConsumerGroupTopicPartitions(group)]
            answer = self._admin.list_consumer_group_offsets(request, request_timeout=_TIMEOUT_S)[group].result()
            for place in answer.topic_partitions:
                found[place.topic, place.partition] = max(place.offset, 0)
        return found

    def _holdings(self) -> list[Holding]:
        held = select(holds.c.event_id, holds.c.state, holds.c.wait_kind, holds.c.held_since)
        state = case({"waiting": "open", "sent": "releasing"}, value=parked.c.state, else_=parked.c.state)
        event_id = func.coalesce(parked.c.of_event, parked.c.event_id)  # a command's event is what the books know
        behind = select(event_id, state, literal(PARKED), parked.c.parked_at)
        with self._engine.connect() as connection:
            return [Holding(*row) for row in connection.execute(union_all(held, behind))]

    def _read_to(self, ends: Offsets) -> None:
        wanted = [
            TopicPartition(topic, partition, self._next.get((topic, partition), 0))
            for (topic, partition), end in ends.items()
            if end > self._next.get((topic, partition), 0)
        ]
        if not wanted:
            return
        self._consumer.assign(wanted)
        try:
            for message in self._messages({(place.topic, place.partition) for place in wanted}, ends):
                at = At(message.topic(), message.partition(), message.offset())
                fact = self._readings.fact(at, message.value(), message.headers() or ())
                if fact is not None:
                    self.ledger.add(fact)
                self._next[at.topic, at.partition] = at.offset + 1
        finally:
            self._consumer.unassign()

    def _messages(self, unread: set[tuple[str, int]], ends: Offsets) -> Iterator[Any]:
        """Every record up to the end of each unread partition."""
        silent_since = time.monotonic()
        while unread:
            messages = self._consumer.consume(_BATCH, timeout=_BATCH_S)
            if messages:
                silent_since = time.monotonic()
            elif time.monotonic() - silent_since > _TIMEOUT_S:
                raise BooksUnreadable(
                    f"Kafka gave nothing for {_TIMEOUT_S:.0f} s with {len(unread)} partitions to read"
                )
            for message in messages:
                error, place = message.error(), (message.topic() or "", message.partition() or 0)
                reached = message.offset() or 0
                if error is None:
                    yield message
                    reached += 1
                elif error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                # A partition may end in records that are not shown (a transaction's marks), and an end that was
                # announced for an earlier reading may still come: only the offset tells.
                if reached >= ends[place]:
                    unread.discard(place)


def offsets_at(settings: Settings, moment: datetime | None = None) -> Offsets:
    """Where every topic stood at a moment; None is now. Raises BooksUnreadable."""
    settings.need("bootstrap")
    admin = AdminClient({"bootstrap.servers": settings.bootstrap, **_QUIET})
    ends = _ends(admin, BY_NAME)
    if moment is None:
        return ends
    spec = OffsetSpec.for_timestamp(int(moment.timestamp() * 1000))
    found = _offsets(admin, ends, spec)
    return {place: found[place] if found[place] >= 0 else end for place, end in ends.items()}


def _ends(admin: AdminClient, topics: Iterable[str]) -> Offsets:
    places = {(topic, partition): 0 for topic in topics for partition in range(BY_NAME[topic].partitions)}
    return _offsets(admin, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def _beginnings(admin: AdminClient) -> Offsets:
    return _offsets(admin, _ends(admin, RAW_TOPICS), OffsetSpec.earliest())  # type: ignore[no-untyped-call]


def _offsets(admin: AdminClient, places: Iterable[tuple[str, int]], spec: OffsetSpec) -> Offsets:
    request = {TopicPartition(topic, partition): spec for topic, partition in places}
    answers = admin.list_offsets(request, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=_TIMEOUT_S)
    try:
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}
    except KafkaException as error:
        raise BooksUnreadable(
            f"cannot ask where the topics end ({error}); `meshline topics check` tells more"
        ) from error
