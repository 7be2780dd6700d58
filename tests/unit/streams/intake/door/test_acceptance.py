from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from door_fakes import Stores, until
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import WebhookReceived
from schemas.topics import WEBHOOK
from streams.intake.door.acceptance import Acceptance
from streams.intake.door.errors import Unavailable

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
TOPIC = WEBHOOK["standard"]
WINDOW = timedelta(days=4)
Scene = Callable[[Stores, Acceptance], Awaitable[None]]


def play(scene: Scene, answer_within: float = 5.0, max_in_flight: int = 100) -> None:
    async def run() -> None:
        stores = Stores()
        within = timedelta(seconds=answer_within)
        await scene(stores, Acceptance(stores, stores, WINDOW, within, max_in_flight))

    asyncio.run(run())


def delivery(number: int = 1, at: datetime = NOW) -> WebhookReceived:
    return WebhookReceived(delivery_id=f"msg_{number}", source="standard", received_at=at, signed_at=at, body=b"{}")


def test_the_broker_has_it_before_its_id_is_noted_and_before_the_answer() -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        assert await acceptance.accept(TOPIC, delivery()) == "accepted"
        assert stores.calls == ["seen", "publish", "acked", "record"]

    play(scene)


def test_a_retry_is_a_duplicate_within_the_window_and_new_after_it() -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        assert await acceptance.accept(TOPIC, delivery()) == "accepted"
        assert await acceptance.accept(TOPIC, delivery(at=NOW + WINDOW)) == "duplicate"
        assert await acceptance.accept(TOPIC, delivery(at=NOW + WINDOW + timedelta(seconds=1))) == "accepted"
        assert len(stores.published) == 2

    play(scene)


def test_the_same_delivery_many_times_at_once_is_published_once() -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        stores.gate.clear()
        answers = [asyncio.create_task(acceptance.accept(TOPIC, delivery())) for _ in range(20)]
        await until(lambda: "publish" in stores.calls)
        assert not any(answer.done() for answer in answers)
        stores.gate.set()
        assert sorted(await asyncio.gather(*answers)) == ["accepted"] + ["duplicate"] * 19
        assert len(stores.published) == 1

    play(scene)


@pytest.mark.parametrize("broken", ["seen", "publish", "record"])
def test_while_a_store_is_away_nothing_is_accepted_and_the_retry_is(broken: str) -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        stores.broken = {broken}
        results = await asyncio.gather(
            *[acceptance.accept(TOPIC, delivery()) for _ in range(3)], return_exceptions=True
        )
        assert all(isinstance(result, Unavailable) for result in results)
        assert stores.accepted == {}
        stores.broken = set()
        assert await acceptance.accept(TOPIC, delivery()) == "accepted"
        assert stores.published

    play(scene)


def test_a_slow_broker_is_not_waited_for_but_its_late_answer_counts() -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        stores.gate.clear()
        with pytest.raises(Unavailable, match="too long"):
            await acceptance.accept(TOPIC, delivery())
        stores.gate.set()
        await acceptance.drain()
        assert await acceptance.accept(TOPIC, delivery()) == "duplicate"
        assert len(stores.published) == 1

    play(scene, answer_within=0.01)


def test_a_sender_that_hangs_up_does_not_undo_its_delivery() -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        stores.gate.clear()
        hung_up = asyncio.create_task(acceptance.accept(TOPIC, delivery()))
        await until(lambda: "publish" in stores.calls)
        hung_up.cancel()
        stores.gate.set()
        await acceptance.drain()
        assert ("standard", "msg_1") in stores.accepted

    play(scene)


def test_what_is_in_flight_is_bounded() -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        stores.gate.clear()
        waiting = [asyncio.create_task(acceptance.accept(TOPIC, delivery(number))) for number in range(3)]
        await until(lambda: stores.calls.count("publish") == 3)
        with pytest.raises(Unavailable, match="too many"):
            await acceptance.accept(TOPIC, delivery(4))
        stores.gate.set()
        assert await asyncio.gather(*waiting) == ["accepted"] * 3
        assert await acceptance.accept(TOPIC, delivery(4)) == "accepted"

    play(scene, max_in_flight=3)


@given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.sampled_from(["seen", "publish", "record"]))), max_size=30))
def test_with_any_trouble_an_answer_of_yes_means_it_is_on_the_topic(steps: list[tuple[int, set[str]]]) -> None:
    async def scene(stores: Stores, acceptance: Acceptance) -> None:
        told: set[str] = set()
        for number, broken in steps:
            stores.broken = broken
            try:
                await acceptance.accept(TOPIC, delivery(number))
                told.add(f"msg_{number}")
            except Unavailable:
                assert broken
            published = [received.delivery_id for received in stores.published]
            assert told <= set(published)
            assert {key for _, key in stores.accepted} <= told | set(published)

    play(scene)
