"""A Faust worker with several agents, hooks and commands, for the transport's tests. Told what to do by `TASK`."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

from streams.transport import EngineOptions, MeshApp, OutputTooLarge, Stalled

TASK: dict[str, Any] = json.loads(os.environ["TASK"])
SEEN = Path(TASK["seen"])


def note(word: str) -> None:
    """For the test, in the order of events."""
    with SEEN.open("a", encoding="utf-8") as file:
        file.write(f"{word}\n")


def on_stalled(stalled: Stalled) -> None:
    note(f"stalled {stalled.tp} {stalled.reader}")


app = MeshApp(
    TASK["group"],
    broker=f"mesh://{TASK['bootstrap']}",
    engine=EngineOptions(**TASK["engine"]),
    on_stalled=on_stalled,
)


@app.on_before_configured.connect
def before_configured(app: Any, **_: Any) -> None:
    note("before_configured")


@app.on_partitions_assigned.connect
async def assigned(app: Any, tps: Any, **_: Any) -> None:
    note("assigned")
    note(f"owns {TASK['engine'].get('group_instance_id')} {len(tps)}")


@app.on_worker_init.connect
def worker_init(app: Any, **_: Any) -> None:
    note("worker_init")


@app.task
async def on_startup() -> None:
    note("startup")


@app.timer(0.2)
async def tick() -> None:
    note("tick")


@app.command()
async def say_hello(self: Any) -> None:
    """Say hello."""
    note("hello")


def block() -> None:
    while True:
        time.sleep(1)


def peak_mb() -> int:
    """Of this process only: the resource module would count the parent's before exec."""
    (line,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


async def work(name: str, batch: Any) -> None:
    kind = TASK.get("kind", "copy")
    if kind == "stuck":
        await asyncio.Event().wait()
    if kind == "blocks the loop":
        block()
    if kind == "slow":
        await asyncio.sleep(TASK["seconds"])
    for message in batch:
        try:
            batch.emit(TASK["out"], key=name.encode(), value=message.value(), partition=0)
        except OutputTooLarge as refusal:
            batch.emit(TASK["out"], key=b"letter", value=str(refusal).encode(), partition=0)


@app.agent(app.topic(*TASK["in"], value_serializer="raw"), name="first", concurrency=TASK.get("concurrency", 1))
async def first(stream: Any) -> None:
    async for batch in stream:
        await work("first", batch)
        note("batch")
        note(f"peak {peak_mb()}")


if TASK.get("agents", 1) > 1:

    @app.agent(app.topic(*TASK["in"], value_serializer="raw"), name="second")
    async def second(stream: Any) -> None:
        async for batch in stream:
            await work("second", batch)


if __name__ == "__main__":
    app.main()
