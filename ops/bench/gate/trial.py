"""The gate against generated changes: what real readers do with the data, beside what the gate says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from ops.bench.gate.jvm_judge import judge
from ops.bench.gate.labels import label
from ops.bench.gate.mutations import Mutation, mutations
from schemas.gate.check import check
from schemas.gate.findings import Subject, Version
from schemas.gate.modes import Mode

_DAY = date(2026, 11, 21)


@dataclass(slots=True)
class Trial:
    """What came out. `missed` and `alarms` tell each wrong verdict in words."""

    seed: int
    possible: int
    tried: int = 0
    harmful: int = 0
    only_java: int = 0  #: a Python test suite would stay green
    accepted_by_avro: int = 0  #: harmful, and compatible to Java's checker
    missed: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def harmless(self) -> int:
        return self.tried - self.harmful

    @property
    def alarm_share(self) -> float:
        """False alarms among the harmless changes."""
        return len(self.alarms) / self.harmless if self.harmless else 0.0


def drawn(schemas: Sequence[Any], count: int, seed: int) -> tuple[list[tuple[Any, Mutation]], int]:
    """`count` changes, each kind as evenly as there are places for it, and how many there are in all."""
    every = [(schema, mutation) for schema in schemas for mutation in mutations(schema)]
    Random(seed).shuffle(every)
    turn: Counter[str] = Counter()
    ranked = []
    for place, (schema, mutation) in enumerate(every):
        ranked.append((turn[mutation.kind], place, schema, mutation))
        turn[mutation.kind] += 1
    ranked.sort(key=lambda entry: entry[:2])
    return [(schema, mutation) for _, _, schema, mutation in ranked[:count]], len(every)


def try_changes(
    schemas: Sequence[Any], count: int, seed: int, told: Callable[[int], None] = lambda done: None
) -> Trial:
    """Label and check `count` changes of the schemas. Raises DownloadFailed when Java's library cannot be had."""
    chosen, possible = drawn(schemas, count, seed)
    trial = Trial(seed, possible)
    with judge() as java, judge("avro11") as older:
        for old, mutation in chosen:
            truth = label(old, mutation.schema, java, older)
            found = verdict(old, mutation.schema)
            trial.tried += 1
            trial.kinds[mutation.kind] = trial.kinds.get(mutation.kind, 0) + 1
            if truth.harmful:
                trial.harmful += 1
                trial.only_java += not truth.python
                trial.accepted_by_avro += "Java's checker refuses it" not in truth.java
                if not found:
                    trial.missed.append(f"{mutation.kind} at {mutation.place}: {(*truth.java, *truth.python)[0]}")
            elif found:
                trial.alarms.append(f"{mutation.kind} at {mutation.place}: {', '.join(found)}")
            told(trial.tried)
    return trial


def verdict(old: Any, new: Any) -> list[str]:
    """The rules that the gate finds in the change, FULL_TRANSITIVE."""
    texts = json.dumps(old), json.dumps(new)
    before, after = (Version(n, f"v{n}.avsc", text, f"v{n}") for n, text in enumerate(texts, 1))
    report = check([Subject("trial", after, (before,))], _DAY, Mode.FULL_TRANSITIVE)
    return [finding.rule for finding in report.findings]
