"""The messages of a workload, the same for a seed. Each carries its number."""

from __future__ import annotations

import random
from collections.abc import Iterator
from io import BytesIO

import fastavro

from ops.bench.line.peers.contract import HEADER_IN, SCHEMA_IN, order
from ops.bench.line.workloads import Workload

_DISTINCT = 20_000
_UNKNOWN_SCHEMA = b"\x00\x00\x00\x00\x63"


def messages(workload: Workload, count: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """(key, value) for the numbers 0 to `count` - 1."""
    return _orders(workload, count, seed) if workload.carries_orders else _payloads(workload, count, seed)


def _payloads(workload: Workload, count: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    dice = random.Random(seed)
    noise = dice.randbytes(workload.payload + 4096)
    body = workload.payload - 10
    for number in range(count):
        at = number % 4096
        yield b"%d" % (number % workload.keys), b"%010d" % number + noise[at : at + body]


def _orders(workload: Workload, count: int, seed: int) -> Iterator[tuple[bytes, bytes]]:
    """Orders, of which the first 20,000 are repeated with other numbers: making one costs more than carrying it."""
    dice = random.Random(seed)
    schema = fastavro.parse_schema(SCHEMA_IN)
    bodies = []
    for number in range(min(count, _DISTINCT)):
        buffer = BytesIO()
        fastavro.schemaless_writer(buffer, schema, order(number, dice))
        bodies.append(buffer.getvalue()[11:])  # behind the order's id: a length, `O` and nine digits
    every = round(1 / workload.malformed) if workload.malformed else 0
    for number in range(count):
        value = HEADER_IN + b"\x14O%09d" % number + bodies[number % _DISTINCT]
        if every and number % every == 0:
            value = _damaged(value, number // every)
        yield b"%d" % (number % workload.keys), value


def _damaged(value: bytes, kind: int) -> bytes:
    """Cut off, under an unknown schema, or garbled; the number stays where it is."""
    match kind % 3:
        case 0:
            return value[: len(value) * 2 // 3]
        case 1:
            return _UNKNOWN_SCHEMA + value[5:]
        case _:
            return value[:16] + b"\xff" * (len(value) - 16)
