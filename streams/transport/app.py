"""A Faust app on the transport: defaults, refusals, and the end of the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import faust
from faust.tables.manager import TableManager
from mode import Service

from streams.transport.agent import MeshAgent, NoRestart
from streams.transport.engine import Engine
from streams.transport.errors import Stalled
from streams.transport.faust_worker import MeshWorker
from streams.transport.options import EngineOptions
from streams.transport.refuse import (
    APP_METHODS,
    SETTINGS,
    TABLES_INSTEAD,
    check_classes,
    check_leader,
    check_settings,
    check_topic,
    check_unread,
    not_supported,
    refused,
)
from streams.transport.stream import BatchStream
from streams.transport.types import TP

log = logging.getLogger("mesh.transport")


class NoTables(TableManager):
    """`TableManager=` of a MeshApp: only the part that lets streams start, and without its second of waiting."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()

    def add(self, table: Any) -> Any:
        raise not_supported(f"the table {table.name}", TABLES_INSTEAD)


DEFAULTS: dict[str, Any] = {
    "Stream": BatchStream,
    "Agent": MeshAgent,
    "TableManager": NoTables,
    "Worker": MeshWorker,
    "agent_supervisor": NoRestart,
    "topic_disable_leader": True,
    "topic_allow_declare": False,
    "web_enabled": False,
    "value_serializer": "raw",
    "key_serializer": "raw",
}


OURS: dict[str, type] = {
    "Stream": BatchStream,
    "Agent": MeshAgent,
    "TableManager": NoTables,
    "agent_supervisor": NoRestart,
}


class MeshApp(faust.App):
    """`faust.App` with `broker="mesh://host:port"`; `id` is the consumer group.

    `engine` holds the delivery layer's options. `on_stalled` is told of a stall, on the watchdog's thread, before the
    worker stops. Raises NotSupported for settings that the transport cannot honour.
    """

    def __init__(
        self,
        id: str,
        *,
        engine: EngineOptions | None = None,
        on_stalled: Callable[[Stalled], None] | None = None,
        **options: Any,
    ) -> None:
        merged = {**DEFAULTS, **options}
        check_settings(merged)
        check_classes(merged, OURS)
        self.engine_options = engine or EngineOptions()
        self.on_stalled = on_stalled
        self.failure: Exception | None = None
        super().__init__(id, **merged)
        # `faust worker` would start its web server unless told otherwise; here it must be asked for
        self.boot_strategy = self.BootStrategy(self, enable_web=bool(merged["web_enabled"]))

    @property
    def engine(self) -> Engine:
        return self.transport.engine  # type: ignore[attr-defined,no-any-return]

    def reader(self, tp: TP) -> str:
        """Who reads a partition, in words."""
        readers = [agent for agent in list(self.agents.values()) if tp.topic in agent.get_topic_names()]
        return " and ".join(f"agent {agent.name}" for agent in readers)

    # -- failing

    def fail(self, reason: Exception) -> None:
        """Stop the worker with a non-zero exit code; nothing unfinished is committed."""
        self.engine.fail(reason)
        self.halt(reason)

    def halt(self, reason: Exception) -> None:
        """Say why in one line, and mark every service up to the worker as crashed, as `Service.crash` would."""
        if self.failure is not None:
            return
        self.failure = reason
        log.critical("%s. Nothing of it is committed; the worker stops.", reason)
        for node in self.beacon.walk():
            for child in (node.data, *node.children):
                if isinstance(child, Service):
                    child._crash(reason)
        self._crash(reason)

    # -- stopping

    async def _stop_consumer(self) -> None:
        """Agents finish what they hold before Faust clears their queues."""
        if self._consumer is not None:
            await self._consumer.drain()  # type: ignore[attr-defined]
        await super()._stop_consumer()

    # -- refusals

    def on_init_dependencies(self) -> Any:
        check_settings({name: getattr(self.conf, name) for name in SETTINGS})
        check_unread(self.conf)
        return super().on_init_dependencies()

    def is_leader(self) -> bool:
        raise not_supported("leader election", "consume a topic of one partition: only its owner gets a message")

    def topic(self, *topics: str, **options: Any) -> Any:
        """As Faust's. Raises NotSupported for `acks=False` and `pattern`."""
        check_topic(options)
        return super().topic(*topics, **options)

    def task(  # type: ignore[override]
        self, fun: Any = None, *, on_leader: bool = False, **options: Any
    ) -> Any:
        check_leader("app.task", on_leader)
        return super().task(fun, **options)

    def timer(  # type: ignore[override]
        self, interval: Any, on_leader: bool = False, **options: Any
    ) -> Any:
        check_leader("app.timer", on_leader)
        return super().timer(interval, **options)

    def crontab(  # type: ignore[override]
        self, cron_format: str, *, on_leader: bool = False, **options: Any
    ) -> Any:
        check_leader("app.crontab", on_leader)
        return super().crontab(cron_format, **options)

    # -- differences

    def FlowControlQueue(self, maxsize: int | None = None, *, clear_on_resume: bool = False) -> Any:
        """Faust empties the queues when flow resumes after a rebalance; retained partitions must keep theirs."""
        return super().FlowControlQueue(maxsize=maxsize, clear_on_resume=False)

    def _create_directories(self) -> None:
        """There are no tables, so no folders for them."""


for _name, (_what, _instead) in APP_METHODS.items():
    setattr(MeshApp, _name, refused(_what, _instead))
