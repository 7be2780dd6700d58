"""Mutants of cycles and their transactions: what is committed together, and what is undone."""

from __future__ import annotations

from ops.chaos.delivery.mutants.mutant import Mutant

TRANSACTIONS = (
    Mutant(
        "offsets-before-outputs",
        "the cycle is committed as soon as it was handed over: offsets go before the outputs",
        "exactly_once.py",
        "        self._await_agents()\n        if not self._cut:",
        "        for partition, messages in groups.items():\n"
        "            partition.watermark.position = messages[-1].offset() + 1\n"
        "        self._over.set()\n"
        "        if not self._cut:",
    ),
    Mutant(
        "commit-one-further",
        "the transaction carries an offset that is one too high",
        "exactly_once.py",
        "TopicPartition(p.tp.topic, p.tp.partition, end) for p, end",
        "TopicPartition(p.tp.topic, p.tp.partition, end + 1) for p, end",
        crash="after the commit",
    ),
    Mutant(
        "offsets-outside-of-the-transaction",
        "outputs and offsets are committed one after the other: a crash between them doubles",
        "exactly_once.py",
        "        self._transactions.commit([TopicPartition(p.tp.topic, p.tp.partition, end) "
        "for p, end in ends.items()], group)\n",
        "        self._transactions.commit([], group)\n"
        "        offsets = [TopicPartition(p.tp.topic, p.tp.partition, end) for p, end in ends.items()]\n"
        "        self._thread.consumer.commit(offsets=offsets, asynchronous=False)\n",
        crash="after the commit",
    ),
    Mutant(
        "offsets-not-sent",
        "the transaction is committed without its offsets: a restart repeats everything",
        "transaction.py",
        "        self._end(lambda producer: producer.send_offsets_to_transaction(offsets, group, self._timeout))\n",
        "",
        crash="after the commit",
    ),
    Mutant(
        "abort-skipped",
        "what was to be undone stays in the transaction, and the next one finds it there",
        "transaction.py",
        "        self._end(lambda producer: producer.abort_transaction(self._timeout))",
        "        self._timeout",
    ),
    Mutant(
        "commit-instead-of-abort",
        "a cycle that a rebalance has undone is made visible all the same",
        "exactly_once.py",
        "        if self._doomed or group is None:\n            self._transactions.abort()\n",
        "        if self._doomed or group is None:\n            self._transactions.commit([], group)\n",
    ),
    Mutant(
        "doomed-cycle-is-committed",
        "a partition was lost in mid-cycle and its outputs are committed",
        "exactly_once.py",
        "        if self._doomed or group is None:\n",
        "        if group is None:\n",
    ),
    Mutant(
        "commit-after-a-failure",
        "an agent failed and the transaction is committed",
        "exactly_once.py",
        "            if thread.loopside.failure is not None or (not self._over.is_set() and not self._doomed):",
        "            if not self._over.is_set() and not self._doomed:",
    ),
    Mutant(
        "no-seek-back-after-an-abort",
        "an aborted cycle is not read again: its inputs are lost",
        "exactly_once.py",
        "            thread.consumer.seek(TopicPartition(partition.tp.topic, partition.tp.partition, start))\n",
        "",
        crash="the repeated cycle begins",
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
        "in-doubt-is-taken-for-undone",
        "a commit that timed out but went through is repeated",
        "exactly_once.py",
        "            self._rewind(self._committed(cycle))",
        "            self._rewind(cycle)",
        crash="the cycle after the doubt is committed",
    ),
    Mutant(
        "old-producer-after-a-time-out",
        "a late request of the timed-out transaction can end the next one",
        "transaction.py",
        "            self._outlet.renew()\n            self.open()\n            raise InDoubt",
        "            raise InDoubt",
    ),
    Mutant(
        "former-member-commits",
        "one who is no longer in the group commits offsets that nobody checks",
        "exactly_once.py",
        "        return metadata if member and consumer.memberid() == member else None",
        "        return metadata",
    ),
    Mutant(
        "cut-cycle-is-not-read-on",
        "what was dropped from a cycle that took too long is never read again",
        "exactly_once.py",
        "if unread := {p: start for p, start in starts.items() if start != p.fetched_to}:",
        "if unread := {p: start for p, start in starts.items() if not ends and start != p.fetched_to}:",
    ),
)
