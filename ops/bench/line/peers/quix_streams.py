"""Quix Streams, with the client tuned as for the others; checkpoints at its default interval."""

from __future__ import annotations

from job import job
from quixstreams import Application
from quixstreams.models import Serializer

JOB = job()


class Second(Serializer):
    """Of (role, value) only the value is written."""

    def __call__(self, value, ctx):
        return value[1]


app = Application(
    broker_address=JOB.bootstrap,
    consumer_group=JOB.group,
    auto_offset_reset="earliest",
    auto_create_topics=False,
    use_changelog_topics=False,
    processing_guarantee="exactly-once" if JOB.exactly_once else "at-least-once",
    state_dir=JOB.folder,
    loglevel="WARNING",
    consumer_extra_config={
        "fetch.queue.backoff.ms": 5,
        "queued.min.messages": 50_000,
        "fetch.wait.max.ms": 100,
    },
    producer_extra_config={"linger.ms": 2, "queue.buffering.max.messages": 1_000_000, "retry.backoff.ms": 5},
)
stream = app.dataframe(app.topic(JOB.source, key_deserializer="bytes", value_deserializer="bytes"))
if JOB.passes_through:
    stream.to_topic(app.topic(JOB.outputs["out"], key_serializer="bytes", value_serializer="bytes"))
else:
    from avro_steps import handle

    topics = {
        role: app.topic(name, key_serializer="bytes", value_serializer=Second()) for role, name in JOB.outputs.items()
    }
    stream = stream.apply(handle)
    stream.to_topic(lambda value, key, timestamp, headers: topics[value[0]])
app.run()
