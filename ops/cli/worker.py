"""`meshline worker <part>`: one process of the line, until SIGTERM."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Annotated

import typer

from ops.cli.failure import say, told
from streams.runtime.health import PROBES, LoopProbe, serve
from streams.runtime.logs import configure_logs, get_logger
from streams.runtime.settings import Settings, home_folder, load_settings

log = get_logger("meshline.worker")
Run = Callable[[Settings, asyncio.Event], Awaitable[None]]


class Part(StrEnum):
    """The processes of the line. `all` starts each of the others."""

    DOOR = "door"
    STREAMS = "streams"
    SINKS = "sinks"
    ERP_SOURCE = "erp-source"
    RECONCILER = "reconciler"
    BOOKS = "books"
    CASES = "cases"
    API = "api"
    ALL = "all"


def register(app: typer.Typer) -> None:
    app.command()(worker)


def worker(
    part: Annotated[Part, typer.Argument(help="Which process to run.")],
    slot: Annotated[str, typer.Option(help="This worker's number among those of its part.")] = "",
) -> None:
    """Run a part of the line in the foreground. SIGTERM drains what is in flight, then exits 0.

    Exit 1: it stopped because something it needs failed; nothing unfinished was committed, so start it again.
    """
    with told():
        settings = load_settings()
        settings.need("bootstrap", "registry_url", "operations_url")
        if slot:
            settings.worker.slot = slot
        configure_logs(settings.log_format, settings.log_level)
        if part is Part.ALL:
            raise typer.Exit(_all())
        _port(settings, part)
        if part is Part.STREAMS:
            raise typer.Exit(_streams(settings))
        asyncio.run(_until_stopped(part, settings))


def _port(settings: Settings, part: Part) -> None:
    if part in (Part.DOOR, Part.API):  # they answer for themselves
        return
    server = serve(settings.worker.metrics_port, PROBES)
    log.info("worker starts", part=part.value, slot=settings.worker.slot, metrics_port=server.server_port)


def _streams(settings: Settings) -> int:
    from streams.app import build_app, build_parts  # noqa: PLC0415 - Faust is only loaded where it runs

    app = build_app(settings, build_parts(settings))
    PROBES.add("streams", app.engine.health)
    running = app.Worker(loglevel=settings.log_level, override_logging=False, redirect_stdouts=False, quiet=True)
    try:
        running.execute_from_commandline()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        return 1 if app.failure is not None else code
    return 1 if app.failure is not None else 0


async def _until_stopped(part: Part, settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    probe = LoopProbe()
    PROBES.add(part.value, probe)
    beating = asyncio.create_task(probe.keep_beating())
    try:
        await _runner(part)(settings, stop)
    except Exception as error:  # nothing unfinished is committed: whoever supervises us starts us again
        kind = type(error)
        ours = kind.__module__.split(".")[0] in ("streams", "sinks", "reconciler", "schemas", "ops")
        log.critical(
            "worker failed", part=part.value, error=str(error) or kind.__doc__, exc_info=None if ours else error
        )
        raise typer.Exit(1) from None
    finally:
        beating.cancel()
    log.info("worker stopped", part=part.value)


def _runner(part: Part) -> Run:  # noqa: PLR0911 - imports are here so that a worker loads only its own part
    if part is Part.DOOR:
        from streams.intake.door import run_door  # noqa: PLC0415

        return run_door
    if part is Part.SINKS:
        from sinks.worker import build_sinks, run_sinks  # noqa: PLC0415

        return lambda settings, stop: run_sinks(settings, build_sinks(settings), stop)
    if part is Part.ERP_SOURCE:
        from sinks.tryton.source import run_erp_source  # noqa: PLC0415

        return run_erp_source
    if part is Part.BOOKS:
        from ops.books.watch import run_books  # noqa: PLC0415

        return run_books
    if part is Part.CASES:
        from ops.cases.run import run_cases  # noqa: PLC0415

        return run_cases
    if part is Part.API:
        from ops.api.run import run_api  # noqa: PLC0415

        return run_api
    from ops.reconcile.pilots import RulesPilot  # noqa: PLC0415
    from reconciler.worker import run_reconciler  # noqa: PLC0415
    from streams.transport.spared import spare_what_stays  # noqa: PLC0415

    spare_what_stays()
    return lambda settings, stop: run_reconciler(
        settings, home_folder() / "reconciler", stop, pilot=RulesPilot(settings)
    )


def _all() -> int:
    """Each part as a process; when one ends, the others are stopped too."""
    parts = [part for part in Part if part is not Part.ALL]
    children: dict[Part, subprocess.Popen[bytes]] = {
        part: subprocess.Popen([sys.executable, "-m", "ops.cli", "worker", part.value], start_new_session=True)
        for part in parts
    }

    def stop(*_: object) -> None:
        for child in children.values():
            child.terminate()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    say("running: " + ", ".join(f"{part.value} (pid {child.pid})" for part, child in children.items()))
    first = _first_to_end(children)
    stop()
    codes = {part: child.wait() for part, child in children.items()}
    if codes[first]:
        say(f"[red]{first.value} ended with exit code {codes[first]}[/]; the others were stopped")
    return max(abs(code) for code in codes.values()) and 1


def _first_to_end(children: dict[Part, subprocess.Popen[bytes]]) -> Part:
    pids = {child.pid: part for part, child in children.items()}
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)  # leaves the child for its own wait()
        if ended is not None and ended.si_pid in pids:
            return pids[ended.si_pid]
