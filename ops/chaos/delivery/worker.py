"""The worker under test, an ordinary Faust worker: `python -m ops.chaos.delivery.worker worker`.

Its task is in CHAOS_TASK, as JSON. Its agent passes everything through under another key, so that outputs land in
other partitions than their inputs.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

from faust.transport.drivers import TRANSPORTS

from ops.chaos.delivery.wire import derived_key
from streams.transport import EngineOptions, MeshApp

TASK: dict[str, Any] = json.loads(os.environ["CHAOS_TASK"])
#: The same transport with clients that die at a given call.
TRANSPORTS.aliases["dying"] = "ops.chaos.delivery.dying:DyingTransport"

_SCHEME = "dying" if "crash" in TASK else "mesh"

app = MeshApp(
    TASK["group"],
    broker=[f"{_SCHEME}://{address}" for address in TASK["bootstrap"].split(",")],
    engine=EngineOptions(**TASK["engine"]),
)


@app.agent(app.topic(TASK["input"], value_serializer="raw"), name="carry")
async def carry(stream: Any) -> None:
    rate = TASK.get("rate", 0)
    async for batch in stream:
        for message in batch:
            batch.emit(TASK["output"], key=derived_key(message.key()), value=message.value())
        if rate:
            await asyncio.sleep(len(batch) / rate)


if __name__ == "__main__":
    app.main()
