"""A Faust worker for the transport's tests, told what to do by its environment. Ordinary agents, nothing else."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from streams.transport import EngineOptions, MeshApp

TASK: dict[str, Any] = json.loads(os.environ["TASK"])

app = MeshApp(TASK["group"], broker=f"mesh://{TASK['bootstrap']}", engine=EngineOptions(**TASK["engine"]))


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


async def work(batch: Any) -> None:
    say("GO")
    if TASK.get("rate"):
        await asyncio.sleep(len(batch) / TASK["rate"])


@app.agent(app.topic(*TASK["in"], value_serializer="raw"), name="decide")
async def decide(stream: Any) -> None:
    async for batch in stream:
        for message in batch:
            if message.value() == b"poison":
                raise ValueError("cannot digest this")
            batch.emit(
                TASK["out"], key=message.key(), value=message.value(), headers=message.headers() or (), partition=0
            )
        await work(batch)


if "sent" in TASK:
    sent = app.topic(TASK["sent"], value_serializer="raw", key_serializer="raw")

    @app.agent(app.topic(TASK["in"][0], value_serializer="raw"), name="send")
    async def send(stream: Any) -> None:
        """The same messages by Faust's own means."""
        async for batch in stream:
            for message in batch:
                await sent.send(key=message.key(), value=message.value())


if __name__ == "__main__":
    app.main()
