"""A bare confluent-kafka loop, tuned as well as ours: what Python can do at most.

At least once: offsets are committed after the delivery reports of what they cover. Exactly once: a transaction per
cycle. It has none of what a worker needs besides: no agents, no back-pressure, no rebalance handling, no watchdog.
"""

from __future__ import annotations

import signal

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from job import job

JOB = job()
CYCLE = 10_000
stopping = []
signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))
if JOB.passes_through:
    out = JOB.outputs["out"]

    def handle(raw):
        return out, raw

else:
    from avro_steps import handle as steps

    def handle(raw):
        role, value = steps(raw)
        return JOB.outputs[role], value


consumer = Consumer(
    {
        "bootstrap.servers": JOB.bootstrap,
        "group.id": JOB.group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "fetch.queue.backoff.ms": 5,
        "queued.min.messages": 50_000,
        "fetch.wait.max.ms": 100,
    }
)
settings = {
    "bootstrap.servers": JOB.bootstrap,
    "acks": "all",
    "enable.idempotence": True,
    "linger.ms": 2,
    "queue.buffering.max.messages": 1_000_000,
    "delivery.timeout.ms": 60_000,
}
if JOB.exactly_once:
    settings |= {"transactional.id": JOB.name, "retry.backoff.ms": 5}
producer = Producer(settings)
if JOB.exactly_once:
    producer.init_transactions()
failed = []


def report(error, _message):
    if error is not None:
        failed.append(error)


def cycle(messages):
    ends = {}
    produce = producer.produce
    for message in messages:
        if message.error() is not None:
            raise KafkaException(message.error())
        topic, value = handle(message.value())
        while True:
            try:
                produce(topic, value, message.key(), -1, report)
                break
            except BufferError:
                producer.poll(0.01)
        ends[message.topic(), message.partition()] = message.offset() + 1
    offsets = [TopicPartition(topic, partition, end) for (topic, partition), end in ends.items()]
    if JOB.exactly_once:
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata())
        producer.commit_transaction()
    else:
        producer.flush()
        if failed:
            raise KafkaException(failed[0])
        consumer.commit(offsets=offsets, asynchronous=True)


consumer.subscribe([JOB.source])
while not stopping:
    polled = consumer.consume(CYCLE, 0.1)
    if polled:
        if JOB.exactly_once:
            producer.begin_transaction()
        cycle(polled)
consumer.close()
