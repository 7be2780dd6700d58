"""Stock Faust on its own aiokafka driver, at least once, with its defaults."""

from __future__ import annotations

import sys

import faust
from job import job

JOB = job()
if not JOB.passes_through:
    from avro_steps import handle

app = faust.App(
    JOB.group,
    broker=f"kafka://{JOB.bootstrap}",
    store="memory://",
    datadir=JOB.folder,
    web_enabled=False,
    topic_disable_leader=True,
    topic_allow_declare=False,
    key_serializer="raw",
    value_serializer="raw",
)
source = app.topic(JOB.source, key_serializer="raw", value_serializer="raw")
outputs = {role: app.topic(name, key_serializer="raw", value_serializer="raw") for role, name in JOB.outputs.items()}


@app.agent(source)
async def carry(stream):
    if JOB.passes_through:
        out = outputs["out"]
        async for event in stream.events():
            await out.send(key=event.key, value=event.value)
    else:
        async for event in stream.events():
            role, value = handle(event.value)
            await outputs[role].send(key=event.key, value=value)


sys.argv = [sys.argv[0], "worker", "-l", "warn", "--without-web"]
app.main()
