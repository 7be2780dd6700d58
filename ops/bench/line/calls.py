"""W3: 10,000 calls of 2.5 ms behind one partition, in order per key: how long do they take?"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime

from ops.bench.line.lineup import OURS_SINKS, System
from ops.bench.line.observer import count
from ops.bench.line.peers.job import Job
from ops.bench.line.program import running
from ops.bench.line.rate import Measured, Watch
from ops.bench.line.topics import Topics
from ops.bench.line.workloads import Workload
from schemas.codec import Codec
from schemas.records import Command
from schemas.registry import MemoryRegistry
from schemas.topics import COMMAND_ERP, EFFECT_ERP

CALLS, CALL_SECONDS = 10_000, 0.0025
#: As many keys as calls may run at once, for everybody.
KEYS = 20
W3 = Workload("W3", "calls of 2.5 ms, one partition, 20 keys", CALLS, CALLS, partitions=1, keys=KEYS, number=None)
_NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def commands() -> Iterator[tuple[bytes, bytes]]:
    """(account, command) in Avro, for ours. The command's key is its number, and becomes its effect's."""
    codec = Codec(MemoryRegistry())
    for number in range(CALLS):
        command = Command.model_validate(_fields(number))
        yield command.account_id.encode(), codec.encode(COMMAND_ERP, command)


def _fields(number: int) -> dict[str, object]:
    return {
        "command_id": f"command-{number}", "event_id": f"event-{number}", "kind": "customer.upsert",
        "key": str(number), "account_id": str(number % KEYS), "version": number, "occurred_at": _NOW,
        "decided_at": _NOW, "customer": {"code": f"C{number}", "name": f"Customer {number}"},
    }  # fmt: skip


def numbers() -> Iterator[tuple[bytes, bytes]]:
    """(account, number), for the others."""
    for number in range(CALLS):
        yield b"%d" % (number % KEYS), b"%d" % number


def measure_calls(system: System, topics: Topics) -> Measured:
    """Run it once. Raises RunFailed."""
    run = f"{topics.prefix}.w3.{system.name}.{uuid.uuid4().hex[:6]}"
    ours = system.name == OURS_SINKS
    source, out = f"{run}.in", EFFECT_ERP.name if ours else f"{run}.out"
    partitions = EFFECT_ERP.partitions if ours else 1
    options = {"call_seconds": CALL_SECONDS, "at_once": KEYS, **system.options}
    job = Job("W3", topics.bootstrap, run, source, {"out": out}, system.exactly_once, run, options=options)
    argv = system.command()
    with topics.lent([source], 1), topics.lent([out], partitions):
        topics.fill(source, 1, commands() if ours else numbers())
        with running(argv, job) as program:
            watch = Watch(program, topics, [out], partitions, CALLS)
            watch.until_done()
        observed = count(topics.read([out], partitions), CALLS, None, KEYS)
    topics.forget_group(run)
    return Measured(
        "W3", system.name, CALLS, watch.rate, watch.cpu_s_per_million, CALLS / watch.rate, program.peak_mb,
        observed.lost, observed.doubled, observed.disordered, {"seconds_for_all": CALLS / watch.rate},
    )  # fmt: skip
