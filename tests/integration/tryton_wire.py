"""A sink on the real ERP, over a wire on which answers get lost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from schemas.records import Command
from sinks.calls import Calls
from sinks.limits import Limiter
from sinks.port import Written
from sinks.tryton import request, wire
from sinks.tryton.client import TrytonClient
from sinks.tryton.settings import TrytonSettings
from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import customer


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """The way to the ERP, on which answers get lost: by method, after the ERP has done its work."""

    inner: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)
    lose: list[str] = field(default_factory=list)
    expire: list[str] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        method = wire.loads(await request.aread())["method"]
        self.methods.append(method)
        if method in self.expire:
            self.expire.remove(method)
            return httpx.Response(401)
        response = await self.inner.handle_async_request(request)
        if method in self.lose:
            self.lose.remove(method)
            await response.aclose()
            raise httpx.ReadTimeout("lost on the way")
        return response

    async def aclose(self) -> None:
        await self.inner.aclose()


@dataclass
class Erp:
    """A sink on a lossy wire, an account that is a customer already, and the client to look around with."""

    sink: TrytonSink
    client: TrytonClient
    wire: Wire
    account: str

    async def sales(self, reference: str) -> list[Any]:
        rows: list[Any] = await self.client.call(request.sales(reference))
        return rows

    async def write(self, command: Command) -> Written:
        return await self.sink.write(command, await self.sink.find(command))


InErp = Callable[[Callable[[Erp], Awaitable[None]]], None]


def on_lossy_wire(settings: Settings) -> InErp:
    own = TrytonSettings.of(settings)

    def run(check: Callable[[Erp], Awaitable[None]]) -> None:
        async def life() -> None:
            lossy = Wire()
            client = TrytonClient(own, Calls("erp", Limiter(100)), transport=lossy)
            async with TrytonSink(client) as sink:
                erp = Erp(sink, client, lossy, f"t-{uuid.uuid4().hex[:10]}")
                await erp.write(customer(erp.account))
                await check(erp)

        asyncio.run(life())

    return run
