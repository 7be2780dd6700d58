"""What is not supported says so, and what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faust
import pytest

from streams.transport import EngineOptions, MeshApp, NotSupported
from streams.transport.faust_transport import Transport
from streams.transport.refuse import PER_RECORD_OPERATIONS, REPLY_OPERATIONS
from streams.transport.stream import BatchStream


def app(**options: Any) -> MeshApp:
    return MeshApp("test", broker="mesh://localhost:1", **options)


@pytest.mark.parametrize("table", ["Table", "GlobalTable", "SetTable", "SetGlobalTable"])
def test_tables(table: str) -> None:
    with pytest.raises(NotSupported, match=f"app.{table} is not supported.*keep state in"):
        getattr(app(), table)("balances")


@pytest.mark.parametrize("operation", REPLY_OPERATIONS)
def test_replies(operation: str) -> None:
    made = app()

    @made.agent(made.topic("in"), name="a")
    async def a(stream: Any) -> None:
        async for _ in stream:
            pass

    with pytest.raises(NotSupported, match="send to a topic"):
        getattr(a, operation)("x")


@pytest.mark.parametrize("operation", PER_RECORD_OPERATIONS)
def test_stream_operations_on_single_records(operation: str) -> None:
    assert hasattr(faust.Stream, operation), "Faust has no such operation any more"
    with pytest.raises(NotSupported, match=f"stream.{operation}"):
        getattr(BatchStream, operation)(None)


async def _yields(stream: Any) -> Any:
    async for value in stream:
        yield value


async def _ordinary(stream: Any) -> None:
    async for _ in stream:
        pass


@pytest.mark.parametrize(
    ("fun", "options"), [(_yields, {}), (_ordinary, {"sink": ["out"]}), (_ordinary, {"isolated_partitions": True})]
)
def test_agents_that_yield_or_are_isolated(fun: Callable[..., Any], options: dict[str, Any]) -> None:
    made = app()
    with pytest.raises(NotSupported, match="agent a"):
        made.agent(made.topic("in"), name="a", **options)(fun)


@pytest.mark.parametrize(
    "setting",
    [
        {"processing_guarantee": "exactly_once"},
        {"topic_disable_leader": False},
        {"topic_allow_declare": True},
        {"stream_publish_on_commit": True},
        {"producer_threaded": True},
        {"reply_create_topic": True},
    ],
)
def test_settings(setting: dict[str, Any]) -> None:
    with pytest.raises(NotSupported, match=next(iter(setting))):
        app(**setting)


def test_a_plain_app() -> None:
    with pytest.raises(NotSupported, match="MeshApp"):
        Transport([], object())


def test_leaders() -> None:
    with pytest.raises(NotSupported, match="one partition"):
        app().is_leader()


def test_faust_finds_the_transport_and_the_options_reach_the_engine() -> None:
    options = EngineOptions(batch_size=7)
    made = MeshApp("group", broker="mesh://one:1;mesh://two:2", engine=options)
    assert isinstance(made.transport, Transport)
    assert (made.engine.bootstrap, made.engine.group, made.engine.options) == ("one:1,two:2", "group", options)
