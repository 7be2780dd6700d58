"""The reconciler over a real broker and registry: drifts told, closed, told once over restarts."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from reconciler.errors import BrokerUnavailable, FolderInUse, TopicMissing
from reconciler.history import DriftHistory, read_history
from reconciler.rows import EntityName
from reconciler.topics import ReconcilerTopics
from reconciler.worker import run_reconciler
from schemas.codec import Codec
from schemas.partition import partition_for
from schemas.records import Account, Customer, Envelope, Opportunity, Order
from schemas.registry import ConfluentRegistry
from streams.runtime.metrics import COMPARED, DRIFTS_OPEN
from streams.runtime.settings import ReconcilerSettings, Settings

# The registry's client keeps its connection until its process ends.
pytestmark = [
    pytest.mark.stack,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
_GRACE = timedelta(seconds=2)


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def settings(stack_settings: Settings) -> Settings:
    quick = ReconcilerSettings(grace=_GRACE, idle=timedelta(seconds=0.5), tick=timedelta(seconds=0.2))
    return stack_settings.model_copy(update={"reconciler": quick})


@pytest.fixture
def topics(settings: Settings) -> Iterator[ReconcilerTopics]:
    """The reconciler's topics under a name of this test's own; removed afterwards."""
    own = ReconcilerTopics().prefixed(f"test-{uuid.uuid4().hex[:8]}-")
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    every = [*own.state.values(), own.drift]
    made = admin.create_topics([NewTopic(one.name, one.partitions, 1, config=one.config()) for one in every])
    for future in made.values():
        future.result(timeout=30)
    yield own
    for future in admin.delete_topics([one.name for one in every]).values():
        future.result(timeout=30)


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


def test_drifts_are_told_closed_and_not_told_twice(
    settings: Settings, topics: ReconcilerTopics, tmp_path: Path
) -> None:
    sides = Sides(settings, topics)
    sides.account("A1")
    sides.account("A2")
    sides.customer("A2")
    sides.customer("erp:party:1")
    sides.deal("O1", "A2", "100")
    sides.order("O1", "A2", "120")
    with running(settings, tmp_path, topics):
        wanted = {("account", "A1", "missing_in_erp"), ("opportunity", "O1", "total_mismatch")}
        found = until(settings, topics, lambda one: open_kinds(one) == wanted)
        total = next(one for one in found.open() if one.key == "O1")
        assert (total.money, total.currency, total.account_id) == (Decimal(20), "EUR", "A2")
        assert total.explanation == "CRM amount 100.00 EUR, ERP order S-12 total 120.00 EUR: ERP is 20.00 EUR higher"
        assert total.observed_at >= total.opened_at
        assert DRIFTS_OPEN.labels("opportunity", "total_mismatch")._value.get() == 1
    with running(settings, tmp_path, topics):  # again, over the same folder
        sides.order("O1", "A2", "100")
        until(settings, topics, lambda one: open_kinds(one) == {("account", "A1", "missing_in_erp")})
    with running(settings, tmp_path / "another machine", topics):
        sides.customer("A1")
        found = until(settings, topics, lambda one: not one.open())
    assert sorted(tuple(one.status for one in story) for story in found.stories.values()) == [("opened", "closed")] * 2


def test_only_committed_rows_count_and_markers_do_not_stall_it(
    settings: Settings, topics: ReconcilerTopics, tmp_path: Path
) -> None:
    sides = Sides(settings, topics)
    with sides.transaction(abort=False) as committed:
        sides.deal("O1", "A1", "100", committed)
        sides.deal("O2", "A1", "50", committed)
    with sides.transaction(abort=True) as aborted:
        sides.order("O1", "A1", "100", aborted)
    with sides.transaction(abort=False) as committed:
        sides.order("O2", "A1", "50", committed)
    with running(settings, tmp_path, topics):
        found = until(settings, topics, lambda one: bool(one.open()))
    assert open_kinds(found) == {("opportunity", "O1", "missing_in_erp")}


def test_rows_that_cannot_be_read_are_counted_and_passed(
    settings: Settings, topics: ReconcilerTopics, tmp_path: Path
) -> None:
    unreadable = COMPARED.labels("account", "unreadable")
    before = unreadable._value.get()
    sides = Sides(settings, topics)
    sides.write("account", b"not avro", "A1", "A1")
    sides.write("account", b"\x00\x7f\xff\xff\xff1", "A1", "A1")
    sides.write("account", sides.codec.encode(topics.drift, _some_drift()), "A1", "A1")
    sides.account("A1")
    with running(settings, tmp_path, topics):
        found = until(settings, topics, lambda one: bool(one.open()))
    assert open_kinds(found) == {("account", "A1", "missing_in_erp")}
    assert unreadable._value.get() == before + 3


def test_a_tombstone_opens_and_the_return_closes(settings: Settings, topics: ReconcilerTopics, tmp_path: Path) -> None:
    sides = Sides(settings, topics)
    sides.account("A1")
    sides.customer("A1")
    with running(settings, tmp_path, topics):
        sides.write("customer", None, "A1", "A1")
        until(settings, topics, lambda one: open_kinds(one) == {("account", "A1", "missing_in_erp")})
        sides.customer("A1")
        until(settings, topics, lambda one: bool(one.stories) and not one.open())


def test_a_folder_filled_from_other_topics_is_built_anew(
    settings: Settings, topics: ReconcilerTopics, tmp_path: Path
) -> None:
    sides = Sides(settings, topics)
    for number in range(3):
        sides.account(f"A{number}")
    with running(settings, tmp_path, topics):
        until(settings, topics, lambda one: len(one.open()) == 3)
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    state = topics.state["account"]
    admin.delete_topics([state.name])[state.name].result(timeout=30)
    _made_again(admin, NewTopic(state.name, state.partitions, 1, config=state.config()))
    with running(settings, tmp_path, topics):
        until(settings, topics, lambda one: not one.open())


def test_two_in_one_folder(settings: Settings, topics: ReconcilerTopics, tmp_path: Path) -> None:
    sides = Sides(settings, topics)
    sides.account("A1")
    with running(settings, tmp_path, topics):
        until(settings, topics, lambda one: bool(one.open()))
        with pytest.raises(FolderInUse, match="folder of its own"), running(settings, tmp_path, topics):
            pass


def test_topics_that_are_not_there(settings: Settings, tmp_path: Path) -> None:
    absent = ReconcilerTopics().prefixed(f"absent-{uuid.uuid4().hex[:8]}-")
    with pytest.raises(TopicMissing, match="meshline topics apply"), running(settings, tmp_path, absent):
        pass


def test_a_broker_that_is_not_there(settings: Settings, tmp_path: Path) -> None:
    away = settings.model_copy(update={"bootstrap": "127.0.0.1:1"})
    with pytest.raises(BrokerUnavailable, match=r"127\.0\.0\.1:1"), running(away, tmp_path, ReconcilerTopics()):
        pass


def _some_drift() -> Any:
    from schemas.records import Drift  # noqa: PLC0415

    now = datetime.now(UTC)
    return Drift(
        drift_id="d", entity="account", key="k", account_id="a", kind="missing_in_erp", status="opened",
        severity="low", fields=[], opened_at=now, observed_at=now,
    )  # fmt: skip


def _made_again(admin: Any, topic: NewTopic) -> None:
    """Creating a topic right after its removal is refused for a moment."""
    deadline = time.monotonic() + 30
    while True:
        try:
            admin.create_topics([topic])[topic.topic].result(timeout=30)
            return
        except Exception:
            assert time.monotonic() < deadline
            time.sleep(0.2)
