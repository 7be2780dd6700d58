"""A worker of either system, told by its environment which one it is and what goes wrong in it.

The agents' work is the same function; what surrounds it is each system's own: stock Faust gives events and decodes
them, ours gives batches of bytes.
"""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import faust

TASK: dict[str, Any] = json.loads(os.environ["TASK"])
STOCK = TASK["system"] == "stock"


def new_app() -> Any:
    if STOCK:
        return faust.App(
            TASK["group"],
            broker=f"kafka://{TASK['bootstrap']}",
            broker_commit_interval=0.3,
            broker_commit_livelock_soft_timeout=2.0,
            topic_disable_leader=True,
            topic_allow_declare=False,
            web_enabled=False,
            datadir=TASK["folder"],
        )
    from streams.transport import EngineOptions, MeshApp  # noqa: PLC0415 - stock Faust must not see it

    return MeshApp(
        TASK["group"],
        broker=f"mesh://{TASK['bootstrap']}",
        engine=EngineOptions(stall_timeout=2.0, drain_timeout=1.0, commit_interval=0.1),
    )


app = new_app()
decoded = TASK["trouble"] == "undecodable" and STOCK
source = app.topic(TASK["in"], value_serializer="json" if decoded else "raw", value_type=None if decoded else bytes)
refusing = app.topic(TASK["refusing"], value_serializer="raw", key_serializer="raw")


def came() -> None:
    """Tell the test that the bad message was met."""
    Path(TASK["met"]).touch()


async def write_letter(*_: Any) -> None:
    """Letters cannot be written just now."""
    came()
    raise RuntimeError("letters are down")


if decoded:
    source.on_value_decode_error = write_letter  # Faust's place for it


async def work(value: Any) -> None:
    """What the agent does with one message; something goes wrong with `bad`."""
    trouble = TASK["trouble"]
    if value == b"bad":
        came()
    if trouble == "undecodable" and not STOCK:
        try:
            json.loads(value)
        except ValueError:
            await write_letter()
    elif value == b"bad" and trouble == "raises":
        raise ValueError("cannot digest this")
    elif value == b"bad" and trouble == "output refused":
        await refusing.send(value=b"x" * 5000)
    elif value == b"bad" and trouble == "stuck":
        await asyncio.Event().wait()


@app.agent(source, name="worker")
async def worker(stream: Any) -> None:
    async for value in stream:
        if STOCK:
            await work(value)
        else:
            for message in value:
                await work(message.value())


if __name__ == "__main__":
    app.main()
