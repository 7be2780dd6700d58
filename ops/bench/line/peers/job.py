"""What a system is told: one JSON object as its only argument."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Job:
    workload: str
    bootstrap: str
    group: str
    source: str  #: the topic to read
    outputs: dict[str, str]  #: role -> topic: `out` for pass-through, else regions and letters
    exactly_once: bool = False
    name: str = ""  #: unique to this run: a transactional id
    folder: str = "."  #: for files
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def passes_through(self) -> bool:
        return set(self.outputs) == {"out"}


def job() -> Job:
    return Job(**json.loads(sys.argv[1]))
