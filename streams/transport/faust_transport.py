"""`mesh://host:port`: the transport that Faust finds by its entry point (`faust.transports`)."""

from __future__ import annotations

from typing import Any, ClassVar

import confluent_kafka
from faust.transport.base import Transport as FaustTransport

from streams.transport.conductor import Conductor
from streams.transport.engine import Engine
from streams.transport.faust_consumer import Consumer
from streams.transport.faust_producer import Producer
from streams.transport.refuse import not_supported


class Transport(FaustTransport):
    """Names our parts, and owns the engine that they share."""

    Consumer: ClassVar[Any] = Consumer
    Producer: ClassVar[Any] = Producer
    Conductor: ClassVar[Any] = Conductor
    default_port = 9092
    driver_version = f"mesh (librdkafka {confluent_kafka.libversion()[0]})"

    def __init__(self, url: Any, app: Any, loop: Any = None) -> None:
        super().__init__(url, app, loop)
        if not hasattr(app, "engine_options"):
            raise not_supported("a plain faust.App", "use streams.transport.MeshApp, whose streams give batches")
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            app: Any = self.app
            self._engine = Engine(self.bootstrap, app.conf.id, app.engine_options, on_stalled=app.on_stalled)
        return self._engine

    @property
    def bootstrap(self) -> str:
        """librdkafka's form of the broker URLs."""
        return ",".join(f"{url.host or '127.0.0.1'}:{url.port or self.default_port}" for url in self.url)
