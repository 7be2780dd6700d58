"""Mutants of how a batch ends: what counts as finished, and how far the watermark may go."""

from __future__ import annotations

from ops.chaos.delivery.mutants.mutant import Mutant

FINISHING = (
    Mutant(
        "done-before-outputs-are-acknowledged",
        "a batch finishes when its agent is through, whether or not its outputs are in the broker",
        "batch.py",
        "if self._acked < self._emitted or self._state is not State.OPEN:",
        "if self._state is not State.OPEN:",
    ),
    Mutant(
        "delivery-error-ignored",
        "an output that the broker never took counts as delivered",
        "batch.py",
        "        if error is not None:\n            self.abandon(DeliveryFailed(",
        "        if error is not None and False:\n            self.abandon(DeliveryFailed(",
    ),
    Mutant(
        "output-not-counted",
        "nobody waits for the acknowledgement of an output",
        "batch.py",
        "        if report is not None:\n            self._emitted += 1",
        "        if report is not None:\n            self._emitted += 0",
    ),
    Mutant(
        "late-output-of-a-void-batch",
        "an agent goes on sending for a partition that another worker owns by now",
        "batch.py",
        '        """The partition is no longer ours: whatever the batch still does counts for nothing."""\n'
        "        if self._state is State.OPEN:\n"
        "            self._state = State.VOID",
        '        """The partition is no longer ours: whatever the batch still does counts for nothing."""\n'
        "        if self._state is State.OPEN:\n"
        "            self._state = State.OPEN",
    ),
    Mutant(
        "failed-batch-is-finished",
        "a batch whose agent raised is passed over, as stock Faust does it",
        "batch.py",
        "            self._state = State.ABANDONED\n"
        "            self._wake()\n"
        "            self._owner.batch_failed(self, reason)",
        "            self._state = State.FINISHED\n"
        "            self._span.finished = True\n"
        "            self._owner.batch_finished(self)",
    ),
    Mutant(
        "done-by-the-first-of-several-agents",
        "a batch that two agents read is passed when one of them is through",
        "batch.py",
        "        if self._readers <= 0:",
        "        if self._readers >= 0:",
    ),
    Mutant(
        "watermark-takes-the-maximum",
        "the watermark follows the newest finished batch, past one that is not finished",
        "watermark.py",
        "        while spans and spans[0].finished:\n            self.position = spans.popleft().end",
        "        for span in spans:\n"
        "            if span.finished:\n"
        "                self.position = span.end\n"
        "        while spans and spans[0].finished:\n"
        "            spans.popleft()",
    ),
    Mutant(
        "watermark-one-further",
        "the offset that is committed is one too high: the first record after a restart is skipped",
        "watermark.py",
        "            self.position = spans.popleft().end",
        "            self.position = spans.popleft().end + 1",
        crash="after the commit",
    ),
    Mutant(
        "records-pass-an-unfinished-one",
        "record by record: the position goes behind the last record that is complete",
        "watermark.py",
        "        low = self._done.find(0, self._low)",
        "        low = self._done.rfind(1) + 1 if 0 in self._done else -1",
    ),
    Mutant(
        "agent-error-swallowed",
        "the worker goes on after an agent failed",
        "dispatch.py",
        "    def batch_failed(self, batch: Batch, reason: Exception) -> None:\n        self.fail(reason)",
        "    def batch_failed(self, batch: Batch, reason: Exception) -> None:\n        self.batch_finished(batch)",
    ),
    Mutant(
        "handed-out-after-a-failure",
        "agents get more work although the worker is to stop",
        "dispatch.py",
        "            and self.failure is None\n        ):",
        "        ):",
    ),
    Mutant(
        "batches-of-a-closed-partition-stay-valid",
        "a partition goes away and its batches may still finish and send",
        "dispatch.py",
        "                batch.void()\n",
        "                batch.size\n",
    ),
    Mutant(
        "what-comes-late-is-handed-out",
        "a worker that stops drops its backlog, and what was fetched behind it carries the watermark over the gap",
        "dispatch.py",
        "partition.closed or partition.cut_off or self.failure is not None",
        "partition.closed or self.failure is not None",
    ),
    Mutant(
        "two-batches-of-one-partition-at-once",
        "a second batch is handed out while the first is unfinished",
        "dispatch.py",
        "            and partition.outstanding < self._max_outstanding",
        "            and partition.outstanding <= self._max_outstanding",
    ),
    Mutant(
        "postponed-counts-as-finished",
        "what an agent gave back is passed over: the watermark goes behind it",
        "batch.py",
        "        self._span.end = offset\n",
        "",
    ),
    Mutant(
        "postponed-goes-to-the-end",
        "what was given back comes after what is behind it",
        "partition.py",
        "        self.backlog.appendleft(rest)\n",
        "        self.backlog.append(rest)\n",
    ),
    Mutant(
        "postponed-is-not-waited-for",
        "whatever is fetched meanwhile has the postponed record tried again at once, and again",
        "dispatch.py",
        "            and not partition.resting\n",
        "",
    ),
    Mutant(
        "postponed-is-never-tried-again",
        "a partition that waited once waits for ever",
        "dispatch.py",
        "        partition.resting = False\n        self._hand_out(partition)",
        "        self._hand_out(partition)",
    ),
)
