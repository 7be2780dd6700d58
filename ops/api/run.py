"""Run the API: listen, serve until told to stop, let what is in flight end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn

from ops.api.app import make_app
from ops.cases.open import open_desk
from streams.runtime.logs import get_logger
from streams.runtime.settings import Settings

log = get_logger("meshline.api")


class ApiMisconfigured(Exception):
    """The API cannot listen where the settings say: see MESHLINE_PEOPLE__HOST and MESHLINE_PEOPLE__PORT."""


class _Server(uvicorn.Server):
    """Signals are the caller's: it sets `stop`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def run_api(settings: Settings, stop: asyncio.Event, on_listening: Callable[[str], None] | None = None) -> None:
    """Serve until `stop` is set. Raises MissingSetting, ApiMisconfigured."""
    try:
        listener = socket.create_server((settings.people.host, settings.people.port))
    except OSError as error:
        where = f"{settings.people.host}:{settings.people.port}"
        raise ApiMisconfigured(f"cannot listen on {where} ({error.strerror}): set MESHLINE_PEOPLE__PORT") from error
    async with open_desk(settings, pool_size=8) as desk:
        config = uvicorn.Config(
            make_app(desk),
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=15,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        host, port = listener.getsockname()[:2]
        url = f"http://{host}:{port}"
        log.info("API listens", url=url)
        if on_listening is not None:
            on_listening(url)
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        server.should_exit = True
        await serving
