"""Damaged schema files through the whole gate. What it calls clean, fastavro must parse and read in both directions."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import date
from random import Random

from ops.chaos.fuzz.damage import damaged_text
from ops.chaos.fuzz.outcome import Outcome
from schemas.gate.check import check
from schemas.gate.findings import Subject, Version
from schemas.gate.formats import as_json
from schemas.gate.modes import Mode
from schemas.gate.parse import parse_schema
from schemas.gate.python_reader import PythonReader
from schemas.gate.sample import Unsampleable, records

_DAY = date(2026, 11, 21)
_LONGEST_S = 5.0  #: of one file, on a machine that does other things too


def fuzz_schema_files(
    texts: Sequence[str], count: int, seed: int, told: Callable[[int], None] = lambda done: None
) -> Outcome:
    """`count` damaged copies of the texts, each checked against its original."""
    outcome = Outcome()
    for number in range(count):
        random = Random(f"schema/{seed}/{number}")
        original = texts[number % len(texts)]
        candidate = damaged_text(original, random)
        _try(outcome, original, candidate, f"seed {seed}, file {number}")
        told(number + 1)
    return outcome


def _try(outcome: Outcome, original: str, candidate: str, what: str) -> None:
    outcome.inputs += 1
    start = time.perf_counter()
    try:
        old, new = (Version(n, f"v{n}.avsc", text, f"v{n}") for n, text in enumerate((original, candidate), 1))
        report = check([Subject("fuzz", new, (old,))], _DAY, Mode.FULL_TRANSITIVE)
        json.loads(as_json(report))
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        outcome.keep(outcome.crashes, f"{what}: {error!r}"[:300])
        return
    outcome.took(time.perf_counter() - start, _LONGEST_S, what)
    outcome.count(report.findings[0].rule if report.findings else "clean")
    if not report.findings:
        problem = _unreadable(original, candidate)
        if problem:
            outcome.keep(outcome.wrongly_accepted, f"{what}: {problem}"[:300])


def _unreadable(original: str, candidate: str) -> str:
    """Why a candidate that was called clean is none, in fastavro's eyes; "" when it is."""
    old, new, python = parse_schema(original), parse_schema(candidate), PythonReader()
    for writer, reader in ((old, new), (new, old), (new, new)):
        try:
            for raw in records(writer.root, 2, "fuzz"):
                found = python.differences(writer, reader, raw)
                if found:
                    return found[0].told()
        except Unsampleable:
            continue
        except Exception as error:
            return repr(error)
    return ""
