"""W0 to W2 and W4 on MeshLine: a Faust agent on the delivery layer, Avro by the public codec."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from faust.types import StreamT

from ops.bench.line.peers import contract
from ops.bench.line.peers.job import Job, job
from schemas.codec import Codec
from schemas.registry import MemoryRegistry
from streams.transport import Batch, EngineOptions, MeshApp


def build_app(work: Job) -> MeshApp:
    delivery: Any = "exactly-once" if work.exactly_once else "at-least-once"
    options = EngineOptions(
        delivery=delivery, transactional_id=work.name if work.exactly_once else None, **work.options
    )
    app = MeshApp(work.group, broker=f"mesh://{work.bootstrap}", engine=options)
    carry = _pass_on(work) if work.passes_through else _orders(work)

    @app.agent(app.topic(work.source), name="line")
    async def line(stream: StreamT[Batch]) -> None:
        async for batch in stream:
            carry(batch)

    return app


def _pass_on(work: Job) -> Callable[[Batch], None]:
    out = work.outputs["out"]

    def carry(batch: Batch) -> None:
        for message in batch:
            batch.emit(out, key=message.key(), value=message.value())

    return carry


def steps_of() -> Callable[[bytes], tuple[str, bytes]]:
    """W1 with the public codec: every field is decoded, checked and encoded; nothing of the bytes that came is used."""
    codec = Codec(MemoryRegistry())
    codec.writer("order", contract.SCHEMA_IN)  # the ids: 1 for what comes, 2 for what goes
    write = codec.writer("erp-order", contract.SCHEMA_OUT)
    return contract.handle_with(lambda raw: codec.decode(raw).record, write)


def _orders(work: Job) -> Callable[[Batch], None]:
    handle = steps_of()
    topics = work.outputs

    def carry(batch: Batch) -> None:
        for message in batch:
            role, value = handle(message.value() or b"")
            batch.emit(topics[role], key=message.key(), value=value)

    return carry


def main() -> None:
    app = build_app(job())
    worker = app.Worker(loglevel="warning", override_logging=False, redirect_stdouts=False, quiet=True)
    try:
        worker.execute_from_commandline()
    finally:
        if app.failure is not None:
            sys.stderr.write(f"{app.failure}\n")


if __name__ == "__main__":
    main()
