"""What is not supported says so, and what to use instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import faust
import pytest
from faust.types.settings import Settings

from streams.transport import EngineOptions, MeshApp, NotSupported
from streams.transport.faust_transport import Transport
from streams.transport.refuse import APP_METHODS, PER_RECORD_OPERATIONS, REPLY_OPERATIONS, UNREAD_SETTINGS
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


@pytest.mark.parametrize("setting", UNREAD_SETTINGS)
def test_settings_that_nobody_would_read(setting: str) -> None:
    kind = Settings.SETTINGS[setting]
    changed: Any = kind.default + 1 if isinstance(kind.default, int | float) else "7"
    if setting in ("broker_consumer", "broker_producer"):
        changed = "mesh://elsewhere:1"
    elif setting == "broker_credentials":
        changed = faust.SASLCredentials(username="u", password="p")
    elif setting == "broker_check_crcs":
        changed = False
    elif setting == "producer_partitioner":
        changed = f"{__name__}.app"
    made = app(**{setting: changed})
    with pytest.raises(NotSupported, match=f"the setting {setting}=.*: "):
        made.on_init_dependencies()


def test_settings_that_nobody_touched_are_fine() -> None:
    app().on_init_dependencies()


def test_a_setting_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRODUCER_ACKS", "0")
    with pytest.raises(NotSupported, match="producer_acks=0"):
        app().on_init_dependencies()


@pytest.mark.parametrize("name", ["Stream", "Agent", "TableManager", "agent_supervisor"])
def test_classes_that_would_give_up_the_guarantee(name: str) -> None:
    with pytest.raises(NotSupported, match=f"{name}=.*derive it from streams.transport"):
        app(**{name: getattr(faust, name, object)})


@pytest.mark.parametrize("method", APP_METHODS)
def test_methods_of_the_app(method: str) -> None:
    assert hasattr(faust.App, method), "Faust has no such method any more"
    with pytest.raises(NotSupported, match=f"app.{method} is not supported"):
        getattr(app(), method)("x")


@pytest.mark.parametrize("option", [{"acks": False}, {"pattern": "in.*"}])
def test_topics(option: dict[str, Any]) -> None:
    with pytest.raises(NotSupported, match="a topic with"):
        app().topic(*([] if "pattern" in option else ["in"]), **option)


@pytest.mark.parametrize(
    "option",
    [
        {"value_type": str},
        {"key_type": str},
        {"value_serializer": "json"},
        {"key_serializer": "json"},
        {"schema": faust.Schema(value_type=str)},
    ],
)
def test_inputs_that_faust_would_decode(option: dict[str, Any]) -> None:
    made = app()
    with pytest.raises(NotSupported, match=r"agent a on a topic with .*decode the message's bytes in the agent"):
        made.agent(made.topic("in", **option), name="a")(_ordinary)


@pytest.mark.parametrize("option", [{}, {"value_serializer": "raw"}, {"value_type": bytes}, {"key_type": bytes}])
def test_inputs_of_bytes_are_fine(option: dict[str, Any]) -> None:
    made = app()
    assert made.agent(made.topic("in", **option), name="a")(_ordinary).name == "a"


def test_outputs_may_be_encoded_by_faust() -> None:
    app().topic("out", value_serializer="json", value_type=str)


async def _nothing() -> None: ...


@pytest.mark.parametrize(
    "declare",
    [
        lambda made: made.task(on_leader=True),
        lambda made: made.timer(1.0, on_leader=True),
        lambda made: made.crontab("* * * * *", on_leader=True),
    ],
)
def test_what_only_a_leader_does(declare: Callable[[MeshApp], Any]) -> None:
    with pytest.raises(NotSupported, match=r"on_leader=True is not supported.*one partition"):
        declare(app())


def test_what_every_worker_does_is_fine() -> None:
    made = app()
    made.task(_nothing)
    made.task()(_nothing)
    made.timer(1.0)(_nothing)
    made.crontab("* * * * *")(_nothing)


@pytest.mark.anyio
async def test_sinks_and_replies_of_an_agent() -> None:
    made = app()
    agent = made.agent(made.topic("in"), name="a")(_ordinary)
    with pytest.raises(NotSupported, match=r"batch\.emit"):
        agent.add_sink("out")
    with pytest.raises(NotSupported, match="reply_to"):
        await agent.send(value=b"1", reply_to="out")


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
