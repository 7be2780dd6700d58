"""The gate beside the registry's HTTP API: fifty subjects of ten versions, FULL_TRANSITIVE."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any
from uuid import uuid4

import httpx

from schemas.gate.check import check
from schemas.gate.errors import SourceUnreadable
from schemas.gate.findings import Subject, Version
from schemas.gate.modes import Mode
from schemas.gate.terms import Terms

SUBJECTS, VERSIONS = 50, 10
_DAY = date(2026, 11, 21)


@dataclass(frozen=True, slots=True)
class Race:
    """Seconds of the gate (each turn, and the processor's time of the median one) and of the registry's API."""

    gate_s: float
    gate_turns_s: tuple[float, ...]
    gate_cpu_s: float
    registry_s: float | None
    registry_requests: int
    schemas: int


def histories(bases: Sequence[Any]) -> list[Subject]:
    """Subjects that grew as ours grow: each version adds a field that may be missing."""
    made = []
    for number in range(SUBJECTS):
        schema = {**bases[number % len(bases)], "name": f"Subject{number}"}
        versions = []
        for version in range(1, VERSIONS + 1):
            if version > 1:
                schema = {**schema, "fields": [*schema["fields"], _added(version)]}
            text = json.dumps(schema, indent=2)
            versions.append(Version(version, f"Subject{number}/v{version}.avsc", text, f"v{version}"))
        made.append(Subject(f"Subject{number}", versions[-1], tuple(versions[:-1]), terms=Terms(owner="bench")))
    return made


def _added(version: int) -> dict[str, Any]:
    amount = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 4}
    type_: Any = amount if version % 2 else "string"
    return {"name": f"added_{version}", "type": ["null", type_], "default": None}


def race(bases: Sequence[Any], registry_url: str | None, turns: int = 5) -> Race:
    """Both over the same histories. Raises SourceUnreadable when the registry does not do its part."""
    subjects = histories(bases)
    check(subjects[:1], _DAY)  # what is loaded on first use is not the work
    walls, cpus = [], []
    for _ in range(turns):
        wall, cpu = time.perf_counter(), time.process_time()
        report = check(subjects, _DAY, Mode.FULL_TRANSITIVE)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        if report.findings:
            raise AssertionError(f"the histories are compatible, and the gate says {report.findings[0].message}")
    online = _registry(subjects, registry_url) if registry_url else None
    requests = SUBJECTS if online is not None else 0
    return Race(median(walls), tuple(walls), median(cpus), online, requests, SUBJECTS * VERSIONS)


def _registry(subjects: Sequence[Subject], url: str) -> float:
    """Seconds for one compatibility request per subject; registering what is compared with is not counted."""
    run = uuid4().hex[:8]
    with httpx.Client(base_url=url, timeout=30) as client:
        names = [f"gate-bench-{run}-{subject.name}" for subject in subjects]
        try:
            for name, subject in zip(names, subjects, strict=True):
                _ok(client.put(f"/config/{name}", json={"compatibility": Mode.FULL_TRANSITIVE.value}))
                for version in subject.released:
                    _ok(client.post(f"/subjects/{name}/versions", json={"schema": version.text}))
            start = time.perf_counter()
            for name, subject in zip(names, subjects, strict=True):
                text = subject.candidate.text if subject.candidate is not None else ""
                _ok(client.post(f"/compatibility/subjects/{name}/versions", json={"schema": text}))
            return time.perf_counter() - start
        except httpx.HTTPError as error:
            raise SourceUnreadable(f"the schema registry: {error}") from error
        finally:
            with suppress(httpx.HTTPError):  # what went wrong is told already
                for name in names:
                    client.delete(f"/subjects/{name}")
                    client.delete(f"/subjects/{name}", params={"permanent": "true"})


def _ok(answer: httpx.Response) -> None:
    answer.raise_for_status()
    if answer.json().get("is_compatible") is False:
        raise AssertionError("the histories are compatible, and the registry says no")
