"""The real ERP's sink with a step before and after each of its acts: a trial lets the process die there."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from schemas.records import Command
from sinks.port import Fields, Found, Target, Written
from sinks.tryton.sink import TrytonSink


class SteppingSink:
    """It adds nothing but the steps."""

    def __init__(self, sink: TrytonSink, step: Callable[[str], None]) -> None:
        self.name = sink.name
        self.target: Target = sink.target
        self._sink = sink
        self._step = step

    async def __aenter__(self) -> Self:
        await self._sink.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        await self._sink.__aexit__(kind, error, trace)

    async def ping(self) -> None:
        await self._sink.ping()

    async def find(self, command: Command) -> Found | None:
        found = await self._sink.find(command)
        self._step("found")
        return found

    async def write(self, command: Command, found: Found | None) -> Written:
        self._step("writing")
        written = await self._sink.write(command, found)
        self._step("written")
        return written

    async def read_back(self, command: Command, written: Written) -> Fields:
        fields = await self._sink.read_back(command, written)
        self._step("read back")
        return fields

    def image(self, command: Command, found: Found) -> dict[str, Any] | None:
        return self._sink.image(command, found)
