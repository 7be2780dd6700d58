"""The check: subjects in, a report out. Pure; whoever calls it has read the files and knows what day it is."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date

from schemas.gate.compare import Comparison, Remark
from schemas.gate.errors import BadSchema
from schemas.gate.findings import DEFAULT_MODE, Finding, Report, Subject, Version
from schemas.gate.governance import Side, agreements, carried
from schemas.gate.lone import alone
from schemas.gate.model import Schema
from schemas.gate.modes import Mode
from schemas.gate.parse import parse_schema
from schemas.gate.positions import Place, place_of, positions
from schemas.gate.terms import Terms
from schemas.gate.waivers import apply_waivers
from schemas.gate.wording import message_of


def check(subjects: Iterable[Subject], today: date, mode: Mode | None = None, against: str = "") -> Report:
    """What is wrong with the candidates. `mode` overrules the contracts' modes."""
    run = _Run(today, mode)
    with _collector_paused():
        findings = [finding for subject in subjects for finding in run.subject(subject)]
    return Report(tuple(sorted(findings, key=_order)), len(run.files), against, run.waived)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Schemas are trees that all live until the end: looking for garbage among them is a third of the time."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return (finding.file, finding.line, finding.column, finding.rule, finding.message)


class _Run:
    """One run: every text is parsed once, every schema compiled once."""

    def __init__(self, today: date, mode: Mode | None) -> None:
        self._today, self._mode = today, mode
        self._comparison = Comparison()
        self._parsed: dict[str, Schema | BadSchema] = {}
        self._places: dict[str, dict[str, Place]] = {}
        self.files: set[str] = set()
        self.waived = 0

    def subject(self, subject: Subject) -> Iterator[Finding]:
        versions = (*subject.released, *((subject.candidate,) if subject.candidate is not None else ()))
        self.files.update(version.file for version in versions)
        edited = {now.file for now, _ in subject.edited}
        for version in subject.released:
            schema = self._schema(version.text)
            if isinstance(schema, BadSchema) and version.file not in edited:
                yield self._bad(subject, version, schema)
        for now, was in subject.edited:
            yield self._edited(subject, now, was)
        for version in subject.gone:
            message = f"its file was there in {version.label} and is gone"
            if version.number is not None:
                message = f"{version.label} was released and its file is not there any more"
            remark = Remark("ML051", "", message)
            yield self._finding(subject, subject.candidate or version, None, remark)
        if subject.candidate is not None:
            yield from self._candidate(subject, subject.candidate)

    def _candidate(self, subject: Subject, candidate: Version) -> Iterator[Finding]:
        schema = self._schema(candidate.text)
        if isinstance(schema, BadSchema):
            yield self._bad(subject, candidate, schema)
            return
        released = [
            (version.label, parsed)
            for version in subject.released
            if isinstance(parsed := self._schema(version.text), Schema)
        ]
        remarks = alone(schema)
        remarks += self._comparison.remarks(schema, released, self._mode or subject.terms.mode or DEFAULT_MODE)
        newest = self._schema(subject.latest.text) if subject.latest is not None else None
        if newest is None and released:
            newest = released[-1][1]
        if isinstance(newest, Schema):
            was = Side(newest, carried(subject.terms, subject.before))
            # An edited release is a fault of its own; a new contract version would not make it better.
            bump = candidate.file not in {now.file for now, _ in subject.edited}
            remarks += [r for r in agreements(was, Side(schema, subject.terms)) if bump or r.rule != "ML043"]
        remarks, waived = apply_waivers(schema, remarks, self._today)
        self.waived += waived
        for remark in remarks:
            yield self._finding(subject, candidate, schema, remark)

    def _schema(self, text: str) -> Schema | BadSchema:
        if text not in self._parsed:
            try:
                self._parsed[text] = parse_schema(text)
            except BadSchema as error:
                self._parsed[text] = error
        return self._parsed[text]

    def _finding(self, subject: Subject, version: Version, schema: Schema | None, remark: Remark) -> Finding:
        line, column = place_of(self._positions(version.text), remark.pointer) if remark.pointer else (1, 1)
        owner = subject.terms.person(schema)
        message = message_of(remark, subject.terms, owner)
        place = (version.file, line, column, remark.rule, remark.pointer)
        return Finding(*place, subject.name, version.number, owner, message, remark.counter_example)

    def _bad(self, subject: Subject, version: Version, error: BadSchema) -> Finding:
        return bad_file(version.file, error, subject.terms, subject.name, version.number, version.text)

    def _edited(self, subject: Subject, now: Version, was: Version) -> Finding:
        line, column = _first_difference(was.text, now.text)
        before = [pointer for pointer, place in self._positions(now.text).items() if place <= (line, column)]
        schema = self._schema(now.text)
        owner = subject.terms.person(schema if isinstance(schema, Schema) else None)
        remark = Remark("ML050", "", f"{now.label} is released, and its file is no longer the released text")
        message = message_of(remark, subject.terms, owner)
        pointer = before[-1] if before else ""
        return Finding(now.file, line, column, "ML050", pointer, subject.name, now.number, owner, message)

    def _positions(self, text: str) -> dict[str, Place]:
        if text not in self._places:
            self._places[text] = positions(text)
        return self._places[text]


def bad_file(
    file: str, error: BadSchema, terms: Terms, subject: str, version: int | None = None, text: str = ""
) -> Finding:
    """The finding for a file that cannot be used."""
    line, column = error.place or (place_of(positions(text), error.pointer) if error.pointer else (1, 1))
    owner = terms.person(None)
    message = message_of(Remark(error.rule, error.pointer, error.message), terms, owner)
    return Finding(file, line, column, error.rule, error.pointer, subject, version, owner, message)


def _first_difference(old: str, new: str) -> Place:
    before, after = old.splitlines(), new.splitlines()
    for number, line in enumerate(after):
        if number >= len(before) or line != before[number]:
            was = before[number] if number < len(before) else ""
            column = next((at for at, (a, b) in enumerate(zip(was, line, strict=False)) if a != b), len(was))
            return number + 1, min(column, len(line)) + 1
    return max(len(after), 1), 1
