"""The judge: two ledgers in, a verdict out. Pure; it knows neither Kafka nor the layer.

As Kafka's own test of transactions does: the set of outputs is the set of inputs, nothing is there twice, and each
key's records come in the order in which they were sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

_SHOWN = 10  #: findings of one kind that are kept in words; all are counted

LOST = "lost"
DUPLICATE = "duplicate"
ORDER = "order"
STRANGER = "stranger"
ALTERED = "altered"
STUCK = "stuck"


class Sent(NamedTuple):
    """A line of the ledger of inputs. No partition: it is not known whether the broker has it."""

    key: int
    seq: int
    digest: bytes
    partition: int | None
    offset: int | None


class Seen(NamedTuple):
    """A line of the ledger of outputs."""

    key: int
    seq: int
    digest: bytes
    partition: int
    offset: int


class Finding(NamedTuple):
    kind: str
    key: int
    seq: int
    words: str


@dataclass
class Verdict:
    inputs: int = 0  #: acknowledged by the broker
    uncertain: int = 0  #: sent, and neither acknowledged nor refused: may be there or not
    outputs: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    missing: list[Sent] = field(default_factory=list)  #: all that is lost, for the triage

    def add(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        if self.counts[finding.kind] <= _SHOWN:
            self.findings.append(finding)

    @property
    def lost(self) -> int:
        return self.counts[LOST]

    @property
    def duplicates(self) -> int:
        return self.counts[DUPLICATE]

    @property
    def order_violations(self) -> int:
        return self.counts[ORDER]

    def blame(self, *, exactly_once: bool) -> Counter[str]:
        """What breaks the promise. At-least-once promises that nothing is lost: a worker may repeat, and be late."""
        forgiven = set() if exactly_once else {DUPLICATE, ORDER}
        return Counter({kind: count for kind, count in self.counts.items() if count and kind not in forgiven})

    def clean(self, *, exactly_once: bool) -> bool:
        return not self.blame(exactly_once=exactly_once)


def judge(inputs: Iterable[Sent], outputs: Iterable[Seen]) -> Verdict:
    """`outputs` in the order of the log: by partition, then by offset."""
    verdict = Verdict()
    ledger: dict[int, dict[int, Sent]] = {}
    for sent in inputs:
        ledger.setdefault(sent.key, {})[sent.seq] = sent
        verdict.inputs += sent.partition is not None
        verdict.uncertain += sent.partition is None
    first: dict[int, dict[int, Seen]] = {}
    last: dict[int, Seen] = {}
    for seen in outputs:
        verdict.outputs += 1
        place = f"output partition {seen.partition} offset {seen.offset}"
        source = ledger.get(seen.key, {}).get(seen.seq)
        if source is None:
            verdict.add(Finding(STRANGER, seen.key, seen.seq, f"{place} holds a record that nobody sent"))
            continue
        if source.digest != seen.digest:
            verdict.add(Finding(ALTERED, seen.key, seen.seq, f"{place} has other bytes than {_place(source)}"))
        known = first.setdefault(seen.key, {})
        if seen.seq in known:
            before = known[seen.seq]
            words = (
                f"{place} repeats output partition {before.partition} offset {before.offset}; sent as {_place(source)}"
            )
            verdict.add(Finding(DUPLICATE, seen.key, seen.seq, words))
            continue
        known[seen.seq] = seen
        previous = last.get(seen.key)
        if previous is not None and (previous.seq > seen.seq or previous.partition != seen.partition):
            words = (
                f"{place} comes after number {previous.seq} at partition {previous.partition} offset {previous.offset}"
            )
            verdict.add(Finding(ORDER, seen.key, seen.seq, words))
        last[seen.key] = seen
    _find_missing(verdict, ledger, first)
    return verdict


def _find_missing(verdict: Verdict, ledger: dict[int, dict[int, Sent]], first: dict[int, dict[int, Seen]]) -> None:
    for key, sequence in ledger.items():
        found = first.get(key, {})
        for seq, sent in sequence.items():
            if sent.partition is not None and seq not in found:
                verdict.missing.append(sent)
                verdict.add(Finding(LOST, key, seq, f"{_place(sent)} was acknowledged and has no output"))


def _place(sent: Sent) -> str:
    return f"input partition {sent.partition} offset {sent.offset}" if sent.partition is not None else "an unsure input"


def triage(missing: Iterable[Sent], uncommitted: Collection[tuple[int, int]]) -> Counter[str]:
    """Where what is lost was seen last: in transactions that were aborted, or nowhere."""
    return Counter(
        "emitted, but its transaction was aborted and never repeated"
        if (sent.key, sent.seq) in uncommitted
        else "never emitted, though its offset was passed"
        for sent in missing
    )
