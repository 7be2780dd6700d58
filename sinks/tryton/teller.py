"""Writes changes to their topics, and knows when the broker has them."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from schemas.codec import Codec
from schemas.records import ErpChange
from schemas.topics import ERP_CHANGES
from streams.transport.engine import Engine
from streams.transport.errors import DeliveryFailed


class Teller:
    """Only the producing half of an engine is started."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        self._engine = Engine(bootstrap, "")
        self._codec = codec

    async def __aenter__(self) -> Self:
        self._engine.start_producer()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._engine.stop_producer()

    async def tell(self, changes: Sequence[ErpChange]) -> None:
        """Returns when all are in the broker's log. Raises DeliveryFailed, RegistryUnavailable."""
        failed: list[str] = []

        def report(error: Any, _: Any) -> None:
            if error is not None:
                failed.append(error.str())

        outlet = self._engine.outlet
        for change in changes:
            topic = ERP_CHANGES[change.model]
            value = self._codec.encode(topic, change)
            outlet.produce(topic.name, change.erp_id.encode(), value, None, (), None, report)
        await outlet.drain()
        if failed:
            raise DeliveryFailed(f"{len(failed)} changes of the ERP were not delivered: {failed[0]}")
