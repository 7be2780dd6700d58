"""Both sides' state written as the decide agent does, and a reconciler that runs over it."""

from __future__ import annotations

import asyncio
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic

from reconciler.history import DriftHistory, read_history
from reconciler.rows import EntityName
from reconciler.topics import ReconcilerTopics
from reconciler.worker import run_reconciler
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.records import Account, Customer, Envelope, Opportunity, Order
from schemas.registry import ConfluentRegistry
from streams.runtime.settings import Settings


class Sides:
    """Writes both sides' state, as the decide agent does."""

    def __init__(self, settings: Settings, topics: ReconcilerTopics) -> None:
        self._topics = topics
        self.codec = Codec(ConfluentRegistry(settings.registry_url))
        self._bootstrap = settings.bootstrap
        self._plain = Producer({"bootstrap.servers": settings.bootstrap, "enable.idempotence": True})

    def write(self, entity: EntityName, value: bytes | None, key: str, account: str, producer: Any = None) -> None:
        topic = self._topics.state[entity]
        (producer or self._plain).produce(
            topic.name, value, key.encode(), partition_for(account, topic.partitions), on_delivery=_must_arrive
        )
        if producer is None:
            self._plain.flush(10)

    def account(self, key: str, name: str = "Acme") -> None:
        self._record("account", Account(meta=_meta("crm", "account", key, key), id=key, name=name), key)

    def customer(self, key: str, name: str = "Acme") -> None:
        record = Customer(meta=_meta("erp", "customer", key, key), id=key, erp_id="1", code="C-1", name=name)
        self._record("customer", record, key)

    def deal(self, key: str, account: str, amount: str, producer: Any = None) -> None:
        record = Opportunity(
            meta=_meta("crm", "opportunity", key, account), id=key, stage="Closed Won", currency="EUR",
            amount=Decimal(amount),
        )  # fmt: skip
        self._record("opportunity", record, account, producer)

    def order(self, key: str, account: str, total: str, producer: Any = None) -> None:
        record = Order(
            meta=_meta("erp", "order", key, account), id=key, erp_id="12", number="S-12", state="confirmed",
            currency="EUR", total=Decimal(total), lines=[],
        )  # fmt: skip
        self._record("order", record, account, producer)

    @contextmanager
    def transaction(self, *, abort: bool) -> Iterator[Any]:
        producer = Producer({"bootstrap.servers": self._bootstrap, "transactional.id": uuid.uuid4().hex})
        producer.init_transactions(20)
        producer.begin_transaction()
        yield producer
        producer.flush(10)
        if abort:
            producer.abort_transaction(20)
        else:
            producer.commit_transaction(20)

    def _record(self, entity: EntityName, record: Any, account: str, producer: Any = None) -> None:
        value = self.codec.encode(self._topics.state[entity], record)
        self.write(entity, value, record.meta.key, account, producer)


def _must_arrive(error: Any, _: object) -> None:
    assert error is None, error


def _meta(side: Any, entity: Any, key: str, account: str) -> Envelope:
    now = datetime.now(UTC)
    return Envelope(
        event_id=uuid.uuid4().hex, source="test", side=side, entity=entity, key=key, account_id=account,
        operation="update", version=time.time_ns() // 1000, occurred_at=now, received_at=now, origin="t/0/0",
    )  # fmt: skip


@contextmanager
def running(settings: Settings, folder: Path, topics: ReconcilerTopics) -> Iterator[None]:
    """The reconciler in a loop of its own; it must end without an error."""
    started, handles, failures = threading.Event(), [], []

    async def run() -> None:
        stop = asyncio.Event()
        handles.append((asyncio.get_running_loop(), stop))
        started.set()
        await run_reconciler(settings, folder, stop, topics)

    def work() -> None:
        try:
            asyncio.run(run())
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    started.wait(10)
    try:
        yield
    finally:
        loop, stop = handles[0]
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


def history(settings: Settings, topics: ReconcilerTopics) -> DriftHistory:
    codec = Codec(ConfluentRegistry(settings.registry_url))
    return read_history(settings.bootstrap, "test.reconciler", topics.drift, codec)


def until(
    settings: Settings, topics: ReconcilerTopics, holds: Callable[[DriftHistory], bool], seconds: float = 30
) -> DriftHistory:
    """The drift topic once it is so."""
    deadline = time.monotonic() + seconds
    while not holds(found := history(settings, topics)):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def open_kinds(found: DriftHistory) -> set[tuple[str, str, str]]:
    return {(one.entity, one.key, one.kind) for one in found.open()}


def some_drift() -> Any:
    from schemas.records import Drift  # noqa: PLC0415

    now = datetime.now(UTC)
    return Drift(
        drift_id="d", entity="account", key="k", account_id="a", kind="missing_in_erp", status="opened",
        severity="low", fields=[], opened_at=now, observed_at=now,
    )  # fmt: skip


def made_again(admin: Any, topic: NewTopic) -> None:
    """Creating a topic right after its removal is refused for a moment."""
    deadline = time.monotonic() + 30
    while True:
        try:
            admin.create_topics([topic])[topic.topic].result(timeout=30)
            return
        except Exception:
            assert time.monotonic() < deadline
            time.sleep(0.2)
