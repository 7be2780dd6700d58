"""Mutants of what is read and owned: rebalances, fetching, the clients' options, commits at least once."""

from __future__ import annotations

from ops.chaos.delivery.mutants.mutant import Mutant

READING = (
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
        "fetching.py",
        "        if self._partitions.get(place) is owner:",
        "        if owner is owner:",
    ),
    Mutant(
        "refused-commit-counts-as-done",
        "a commit that the group refused is not repeated",
        "at_least_once.py",
        '            log.info("commit refused, will be repeated: %s", error.str())\n            return\n',
        '            log.info("commit refused, will be repeated: %s", error.str())\n',
    ),
    Mutant(
        "unreadable-record-is-passed-over",
        "a record that cannot be read is skipped with a line in the log",
        "fetching.py",
        "        elif error.code() in UNREADABLE:",
        "        elif error.code() in ():",
    ),
    Mutant(
        "offsets-may-go-back",
        "a topic made anew moves the watermark past what nobody has read",
        "fetching.py",
        "        if first < partition.fetched_to:",
        "        if first < 0:",
    ),
)
