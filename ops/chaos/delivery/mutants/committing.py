"""Mutants of how offsets are committed: cycles, transactions, revocations."""

from __future__ import annotations

from ops.chaos.delivery.mutants.mutant import Mutant

COMMITTING = (
    Mutant(
        "offsets-before-outputs",
        "the cycle is committed as soon as it was handed over: offsets go before the outputs",
        "exactly_once.py",
        "        self._await_agents(keepalive=True)\n        self._conclude()",
        "        for partition, messages in groups.items():\n"
        "            partition.watermark.position = messages[-1].offset() + 1\n"
        "        self._over.set()\n"
        "        self._conclude()",
        campaign=True,
    ),
    Mutant(
        "commit-one-further",
        "the transaction carries an offset that is one too high",
        "exactly_once.py",
        "TopicPartition(p.tp.topic, p.tp.partition, p.watermark.position)",
        "TopicPartition(p.tp.topic, p.tp.partition, p.watermark.position + 1)",
    ),
    Mutant(
        "offsets-outside-of-the-transaction",
        "outputs and offsets are committed one after the other: a crash between them doubles",
        "exactly_once.py",
        "self._persist(lambda: self._producer.send_offsets_to_transaction(offsets, metadata, timeout))\n"
        "        self._persist(lambda: self._producer.commit_transaction(timeout))",
        "self._persist(lambda: self._producer.commit_transaction(timeout))\n"
        "        self._thread.consumer.commit(offsets=offsets, asynchronous=False)",
        campaign=True,
    ),
    Mutant(
        "offsets-not-sent",
        "the transaction is committed without its offsets: a restart repeats everything",
        "exactly_once.py",
        "        self._persist(lambda: self._producer.send_offsets_to_transaction(offsets, metadata, timeout))\n",
        "",
        campaign=True,
    ),
    Mutant(
        "abort-skipped",
        "what was to be undone stays in the transaction, and the next one finds it there",
        "exactly_once.py",
        '        self._try("abort_transaction", lambda: self._producer.abort_transaction('
        "self._options.transaction_timeout))",
        "        pass",
    ),
    Mutant(
        "commit-instead-of-abort",
        "a cycle that a rebalance has undone is made visible all the same",
        "exactly_once.py",
        "        if self._doomed:\n            self._abort()\n            return self._rewind(cycle)",
        "        if self._doomed:\n"
        "            self._producer.commit_transaction(10)\n"
        "            return self._rewind(cycle)",
    ),
    Mutant(
        "doomed-cycle-is-committed",
        "a partition was lost in mid-cycle and its outputs are committed",
        "exactly_once.py",
        "        if self._doomed:\n            self._abort()\n            return self._rewind(cycle)\n",
        "",
    ),
    Mutant(
        "commit-after-a-failure",
        "an agent failed and the transaction is committed",
        "exactly_once.py",
        "        if thread.loopside.failure is not None or not self._over.is_set():\n            return self._abort()",
        "        if not self._over.is_set():\n            return self._abort()",
    ),
    Mutant(
        "no-seek-back-after-an-abort",
        "an aborted cycle is not read again: its inputs are lost",
        "exactly_once.py",
        "            thread.consumer.seek(TopicPartition(partition.tp.topic, partition.tp.partition, start))\n",
        "",
    ),
    Mutant(
        "carried-messages-forgotten",
        "what was polled while agents were slow is dropped",
        "exactly_once.py",
        "        carried, self._carried = self._carried, []\n        return carried",
        "        self._carried = []\n        return []",
    ),
    Mutant(
        "carried-messages-kept-over-a-rewind",
        "what was polled during an aborted cycle comes again, ahead of what it follows",
        "exactly_once.py",
        "        self._drop_carried(again)\n",
        "",
    ),
    Mutant(
        "no-fencing-by-name",
        "every start has another transactional id: a zombie is not fenced and its transaction not aborted",
        "options.py",
        '        config["transactional.id"] = self.transactional_id\n',
        '        config["transactional.id"] = f"{self.transactional_id}-{id(config)}"\n',
    ),
    Mutant(
        "reads-what-was-aborted",
        "workers read the outputs of transactions that were undone",
        "options.py",
        '"isolation.level": "read_committed"',
        '"isolation.level": "read_uncommitted"',
    ),
    Mutant(
        "commits-on-a-timer",
        "the client commits what was fetched, finished or not",
        "options.py",
        '"enable.auto.commit": False',
        '"enable.auto.commit": True',
        campaign=True,
    ),
    Mutant(
        "starts-at-the-end",
        "a group without offsets skips what is there already",
        "options.py",
        '"auto.offset.reset": "earliest"',
        '"auto.offset.reset": "latest"',
    ),
    Mutant(
        "not-acknowledged-by-all",
        "the leader alone acknowledges: what it had not passed on dies with it",
        "options.py",
        '"acks": "all"',
        '"acks": "1"',
    ),
    Mutant(
        "not-committed-on-revoke",
        "the next owner repeats what was finished",
        "at_least_once.py",
        "    def after_release(self, partitions: list[Partition]) -> None:\n"
        "        try:\n"
        "            self._commit(partitions)",
        "    def after_release(self, partitions: list[Partition]) -> None:\n        try:\n            self._commit([])",
    ),
    Mutant(
        "lost-partitions-are-kept",
        "a partition that others own is worked on, under a mark of the old ownership",
        "rebalance.py",
        "        self._discipline.lost(partitions)\n        self._forget(partitions)",
        "        self._discipline.lost(partitions)",
    ),
    Mutant(
        "revoked-without-waiting",
        "partitions go while agents hold their batches and the transaction their outputs",
        "rebalance.py",
        "            self._discipline.before_revoke(partitions)\n",
        "",
    ),
    Mutant(
        "old-message-in-a-new-ownership",
        "a rebalance between two calls lets a message of the old ownership into the new one",
        "consuming.py",
        "        if self.partitions.get(place) is owner:",
        "        if True or owner:",
    ),
    Mutant(
        "stop-without-a-last-commit",
        "a worker that stops in order repeats its last records after the restart",
        "at_least_once.py",
        "    def end(self) -> None:\n        try:\n            self.commit_now()",
        "    def end(self) -> None:\n        try:\n            self._commit([])",
    ),
)
