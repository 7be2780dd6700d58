"""W4's sender: messages at an even rate, each with the moment at which it is due (monotonic clock, nanoseconds).

It waits for nobody: what it cannot send in time it sends late, with the moment at which it was due, so that a slow line
or a busy machine cannot make the times look better (coordinated omission). How late it was itself is its last line.
"""

from __future__ import annotations

import json
import sys
import time

from confluent_kafka import Producer

from ops.bench.line.paced import PARTITIONS, Stamp, pack
from ops.bench.line.peers.job import Job, job

_TURN = 0.001  #: seconds between two looks at the clock
_HEAD = 200_000_000  #: nanoseconds from the start to the first message


def send(work: Job) -> list[float]:
    """How late each turn was, in milliseconds."""
    rate, seconds, spell = float(work.options["rate"]), float(work.options["seconds"]), int(work.options["spell"])
    payload = b"." * int(work.options["payload"])
    keys = [b"%d" % number for number in range(1024)]
    producer = Producer(
        {
            "bootstrap.servers": work.bootstrap,
            "linger.ms": work.options["linger_ms"],
            "queue.buffering.max.messages": 2_000_000,
        }
    )
    producer.list_topics(work.source, timeout=30)
    began, step, total = time.monotonic_ns() + _HEAD, 1e9 / rate, round(rate * seconds)
    late: list[float] = []
    sent = 0
    while sent < total:
        since = time.monotonic_ns() - began
        due = max(sent, min(total, int(since / step) + 1)) if since >= 0 else sent
        if due > sent:
            late.append((since - sent * step) / 1e6)
        for number in range(sent, due):
            value = pack(Stamp(spell, number, int(began + number * step))) + payload
            producer.produce(work.source, value, keys[number & 1023], number % PARTITIONS)
        sent = due
        producer.poll(0)
        time.sleep(max(_TURN, (began + sent * step - time.monotonic_ns()) / 1e9))
    producer.flush(60)
    return sorted(late)


if __name__ == "__main__":
    lateness = send(job())
    told = {"late_p99_ms": lateness[int(len(lateness) * 0.99)], "late_max_ms": lateness[-1]}
    sys.stdout.write(json.dumps({name: round(value, 2) for name, value in told.items()}) + "\n")
