"""A campaign against the delivery layer: real brokers, real workers, faults at random, and a judge.

    load ──▶ ledger of inputs            (before each record is sent; acknowledged ones are marked)
      │
      ▼
    input topic ─▶ workers (agents on `streams.transport`) ─▶ output topic
                     ▲ kill -9, freeze, restart, join and leave               │
    brokers ◀── kill, restart, take the coordinator away                      ▼
                                                                   observe ─▶ ledger of outputs
                                           judge: both ledgers ─▶ lost, doubled, out of order

Load, observer and judge share no code with the layer. The judge is tried, too: on ledgers that were tampered with,
and on mutants of the layer, each of which must be caught.
"""
