"""The interval join on Quix Streams: accounts and customers of one key, compared field by field when both are there.

What it does not do: tell what is missing, wait for what is in flight, deletions, tolerances, explanations, closing.
"""

from __future__ import annotations

import json
import sys
import time
from io import BytesIO

import fastavro
from quixstreams import Application

JOB = json.loads(sys.argv[1])
SCHEMAS = {name: fastavro.parse_schema(json.loads(text)) for name, text in JOB["schemas"].items()}
FIELDS = ("name", "tax_id", "email", "phone", "street", "city", "postal_code", "country")
seen = {"rows": 0, "first": 0.0, "last": 0.0, "compared": 0, "differ": 0}


def reader(entity):
    schema = SCHEMAS[entity]

    def read(raw):
        if not seen["rows"]:
            seen["first"] = time.perf_counter()
        seen["rows"] += 1
        buffer = BytesIO(raw)
        buffer.seek(5)
        record = fastavro.schemaless_reader(buffer, schema, None)
        return {name: record[name] for name in FIELDS}

    return read


def compared(left, right):
    seen["compared"] += 1
    return [name for name in FIELDS if left[name] != right[name]]


def counted(fields):
    seen["differ"] += bool(fields)
    seen["last"] = time.perf_counter()
    return bool(fields)


app = Application(
    broker_address=JOB["bootstrap"],
    consumer_group=JOB["group"],
    auto_offset_reset="earliest",
    auto_create_topics=False,
    use_changelog_topics=False,
    processing_guarantee="at-least-once",
    state_dir=JOB["folder"],
    loglevel="WARNING",
    consumer_extra_config={"fetch.queue.backoff.ms": 5, "queued.min.messages": 50_000, "fetch.wait.max.ms": 100},
)
sides = [
    app.dataframe(app.topic(JOB["topics"][entity], key_deserializer="bytes", value_deserializer="bytes")).apply(
        reader(entity)
    )
    for entity in ("account", "customer")
]
hour = 3_600_000
joined = sides[0].join_interval(
    sides[1], how="inner", on_merge=compared, grace_ms=24 * hour, backward_ms=hour, forward_ms=hour
)
joined.filter(counted).to_topic(app.topic(JOB["out"], value_serializer="json"))
app.run(timeout=JOB["silence_s"])
seconds = seen["last"] - seen["first"]
sys.stdout.write("\n" + json.dumps({**seen, "seconds": seconds}) + "\n")
