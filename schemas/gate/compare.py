"""A candidate against its released versions: Avro's rules and ours, put together so that one change is one remark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from schemas.gate.changes import Change, changes
from schemas.gate.model import Schema
from schemas.gate.modes import Direction, Mode, in_scope
from schemas.gate.proving import Proof, Prover
from schemas.gate.reference import Reference, correction
from schemas.gate.resolution import Clash, Resolution

_RULE_OF: dict[Direction, str] = {"backward": "ML001", "forward": "ML002"}


@dataclass(slots=True)
class Remark:
    """One thing that is wrong with the candidate, over all the released versions that show it."""

    rule: str
    pointer: str
    message: str
    path: str = ""
    breaks: dict[Direction, list[str]] = field(default_factory=dict)  #: labels of versions, by who fails
    misreads: dict[Direction, list[str]] = field(default_factory=dict)  #: labels of versions, by who reads wrongly
    counter_example: str | None = None


class Comparison:
    """Compares, and keeps what was compiled: one per run."""

    def __init__(self) -> None:
        self.reference = Reference()
        self._prover = Prover()

    def remarks(self, candidate: Schema, released: Sequence[tuple[str, Schema]], mode: Mode) -> list[Remark]:
        """What the mode does not allow; `released` are (label, schema), oldest first."""
        found: dict[tuple[str, str, str], Remark] = {}
        for turn, (label, old) in enumerate(in_scope(mode, released)):
            if old.raw != candidate.raw:
                for remark in self._pair(label, old, candidate, mode, turn == 0):
                    _merge(found, remark)
        return list(found.values())

    def _pair(self, label: str, old: Schema, new: Schema, mode: Mode, newest: bool) -> Iterable[Remark]:
        """`newest`: records are read even where nothing seems to have changed, in case no rule knows the change."""
        known = [change for change in changes(old.root, new.root) if change.hurts & set(mode.directions)]
        remarks = [(change, Remark(change.rule, change.at, change.message, change.path)) for change in known]
        loose: list[Remark] = []
        for direction in mode.directions:
            reader, writer = (new, old) if direction == "backward" else (old, new)
            clashes = self._clashes(reader, writer)
            suspect = bool(known or clashes)
            proof = self._prover.prove(writer, reader, direction, suspect) if suspect or newest else Proof()
            explained: set[Clash] = set()
            for change, remark in remarks:
                if direction not in change.hurts:
                    continue
                own = {clash for clash in clashes if explains(change, clash, direction)}
                explained |= own
                (remark.breaks if own else remark.misreads)[direction] = [label]
                remark.counter_example = remark.counter_example or _example(proof, change, direction, label)
            loose += _unexplained(set(clashes) - explained, clashes, direction, label, proof)
            if not clashes:
                loose += _surprises(proof, known, direction, label)
        return [remark for _, remark in remarks] + loose

    def _clashes(self, reader: Schema, writer: Schema) -> tuple[Clash, ...]:
        """Where the reader cannot read the writer. Asks the second checker where the answer is not plain."""
        ours = Resolution(reader.root, writer.root)
        if ours.compatible and not ours.delicate:
            return ()
        theirs = self.reference.compatible(reader, writer)
        if theirs is False and ours.compatible and correction(reader, writer, ours, theirs) is None:
            message = "is refused by the avro package's checker, for a reason that this gate does not know"
            return (Clash("type", reader.root.pointer, writer.root.pointer, message),)
        return ours.clashes


def explains(change: Change, clash: Clash, direction: Direction) -> bool:
    """Whether the clash is what the change does to the readers of that direction."""
    mine, others = (change.new, change.old) if direction == "backward" else (change.old, change.new)
    return clash.reader == mine or (clash.writer == others and clash.kind != "default")


def _example(proof: Proof, change: Change, direction: Direction, label: str) -> str | None:
    mine, others = (change.new, change.old) if direction == "backward" else (change.old, change.new)
    writer, reader = (label, "the new version") if direction == "backward" else ("the new version", label)
    for difference in proof.differences:
        same = difference.reader == mine and (difference.writer == others or difference.written == "nothing")
        if same or (difference.path == change.path and mine.endswith("/symbols")):
            return f"{difference.told()} ({difference.path}, written with {writer}, read with {reader})"
    return _failure(proof, direction, label)


def _failure(proof: Proof, direction: Direction, label: str) -> str | None:
    if proof.failure is None:
        return None
    writer, reader = (label, "the new version") if direction == "backward" else ("the new version", label)
    return f"a record written with {writer} and read with {reader} fails: {proof.failure}"


def _unexplained(
    left: set[Clash], order: Sequence[Clash], direction: Direction, label: str, proof: Proof
) -> list[Remark]:
    who = "a new reader" if direction == "backward" else "a released reader"
    remarks = []
    for clash in order:
        if clash in left:
            pointer = clash.reader if direction == "backward" else clash.writer
            remark = Remark(_RULE_OF[direction], pointer, f"{who} {clash.message}", breaks={direction: [label]})
            remark.counter_example = _failure(proof, direction, label)
            remarks.append(remark)
    return remarks


def _surprises(proof: Proof, known: list[Change], direction: Direction, label: str) -> list[Remark]:
    """What only the records show: no rule knows the change. A change that has a rule explains a failure as well."""
    places = {place for change in known for place in (change.new, change.old, change.path)}
    remarks = []
    for difference in proof.differences:
        if not {difference.reader, difference.writer, difference.path} & places:
            pointer = difference.reader if direction == "backward" else difference.writer
            remark = Remark("ML080", pointer, f'"{difference.path}" is not read as it was written', difference.path)
            remark.misreads[direction], remark.counter_example = [label], difference.told()
            remarks.append(remark)
    if proof.failure is not None and not known:
        remark = Remark(
            "ML080", "", "a record that Avro's rules call readable is not read", breaks={direction: [label]}
        )
        remark.counter_example = _failure(proof, direction, label)
        remarks.append(remark)
    return remarks


def _merge(found: dict[tuple[str, str, str], Remark], remark: Remark) -> None:
    known = found.setdefault((remark.rule, remark.pointer, remark.message), remark)
    if known is remark:
        return
    for mine, theirs in ((known.breaks, remark.breaks), (known.misreads, remark.misreads)):
        for direction, labels in theirs.items():
            mine[direction] = list(dict.fromkeys([*mine.get(direction, []), *labels]))
    known.counter_example = known.counter_example or remark.counter_example
