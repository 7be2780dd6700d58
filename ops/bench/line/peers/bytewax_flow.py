"""Bytewax: one worker, no recovery store, so it keeps no offsets: less is promised than by the others."""

from __future__ import annotations

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSource
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.testing import cluster_main
from job import job

JOB = job()
TUNED = {
    "group.id": JOB.group,
    "isolation.level": "read_committed",
    "fetch.queue.backoff.ms": "5",
    "queued.min.messages": "50000",
    "fetch.wait.max.ms": "100",
}
flow = Dataflow("line")
source = op.input(
    "in", flow, KafkaSource([JOB.bootstrap], [JOB.source], batch_size=5000, add_config=TUNED, raise_on_errors=True)
)
if JOB.passes_through:
    out = JOB.outputs["out"]
    done = op.map("carry", source, lambda m: KafkaSinkMessage(m.key, m.value, topic=out))
else:
    from avro_steps import handle

    def carry(message):
        role, value = handle(message.value)
        return KafkaSinkMessage(message.key, value, topic=JOB.outputs[role])

    done = op.map("carry", source, carry)
kop.output("out", done, brokers=[JOB.bootstrap], topic=next(iter(JOB.outputs.values())), add_config={"linger.ms": "2"})
cluster_main(flow, [], 0)
