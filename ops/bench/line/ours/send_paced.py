"""W4's sender: messages at an even rate, each with the moment of its sending (monotonic clock, nanoseconds)."""

from __future__ import annotations

import time

from confluent_kafka import Producer

from ops.bench.line.peers.job import Job, job

_TURN = 0.002  #: seconds between two bursts


def send(work: Job) -> None:
    rate, seconds = float(work.options["rate"]), float(work.options["seconds"])
    payload = b"." * 370
    producer = Producer(
        {"bootstrap.servers": work.bootstrap, "linger.ms": 0.5, "queue.buffering.max.messages": 1_000_000}
    )
    began = time.monotonic()
    sent, total = 0, round(rate * seconds)
    while sent < total:
        due = min(total, round((time.monotonic() - began) * rate) + 1)
        for number in range(sent, due):
            value = b"%010d%020d" % (number, time.monotonic_ns()) + payload
            producer.produce(work.source, value, b"%d" % number, number % 4)
        sent = max(sent, due)
        producer.poll(0)
        time.sleep(max(_TURN, began + sent / rate - time.monotonic()) if sent < total else 0)
    producer.flush(30)


if __name__ == "__main__":
    send(job())
