"""The reconciler over a real broker and registry: drifts told, closed, told once over restarts."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, NewTopic
from reconciler_rig import Sides, made_again, open_kinds, running, some_drift, until

from reconciler.errors import BrokerUnavailable, FolderInUse, TopicMissing
from reconciler.topics import ReconcilerTopics
from streams.runtime.metrics import COMPARED, DRIFTS_OPEN
from streams.runtime.settings import ReconcilerSettings, Settings

# The registry's client keeps its connection until its process ends.
pytestmark = [
    pytest.mark.stack,
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
_GRACE = timedelta(seconds=0.5)


@pytest.fixture(autouse=True)
def _collect() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture
def settings(stack_settings: Settings) -> Settings:
    quick = ReconcilerSettings(
        grace=_GRACE, grace_deleted=_GRACE, idle=timedelta(seconds=0.5), tick=timedelta(seconds=0.2)
    )
    return stack_settings.model_copy(update={"reconciler": quick})


@pytest.fixture
def topics(settings: Settings) -> Iterator[ReconcilerTopics]:
    """The reconciler's topics under a name of this test's own; removed afterwards."""
    own = ReconcilerTopics().prefixed(f"test-{uuid.uuid4().hex[:8]}-")
    admin = AdminClient({"bootstrap.servers": settings.bootstrap})
    every = own.every
    made = admin.create_topics([NewTopic(one.name, one.partitions, 1, config=one.config()) for one in every])
    for future in made.values():
        future.result(timeout=30)
    yield own
    for future in admin.delete_topics([one.name for one in every]).values():
        future.result(timeout=30)


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
    sides.write("account", sides.codec.encode(topics.drift, some_drift()), "A1", "A1")
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
    made_again(admin, NewTopic(state.name, state.partitions, 1, config=state.config()))
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
