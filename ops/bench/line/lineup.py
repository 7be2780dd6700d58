"""Who takes part: name, program, workloads, and how many of a workload's messages a slow one is given."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.bench.line.environments import PEERS, class_path_of, python_of
from ops.bench.line.peers.contract import SCHEMA_IN, SCHEMA_OUT
from ops.local.java import java

OURS, OURS_ALO, OURS_SINKS = "meshline", "meshline-alo", "meshline-sinks"
_RATES = ("W0", "W1")


@dataclass(frozen=True)
class System:
    """`command` gives the argv that the job's JSON is appended to; it makes the environment on first use."""

    name: str
    title: str
    command: Callable[[], Sequence[str]]
    workloads: Sequence[str]
    exactly_once: bool = False
    #: The part of a workload's messages that it gets, so that a run of a slow system ends, too.
    share: float = 1.0
    options: Mapping[str, Any] = field(default_factory=dict)


def _ours(module: str) -> Callable[[], Sequence[str]]:
    return lambda: [sys.executable, "-m", f"ops.bench.line.ours.{module}"]


def _python(environment: str, program: str) -> Callable[[], Sequence[str]]:
    return lambda: [str(python_of(environment)), str(PEERS / f"{program}.py")]


def _java(name: str, main: str) -> Callable[[], Sequence[str]]:
    return lambda: [java(), "-Xmx1g", "-XX:+UseSerialGC", "-cp", class_path_of(name), main]


_SCHEMAS = {"schema_in": json.dumps(SCHEMA_IN), "schema_out": json.dumps(SCHEMA_OUT)}
SYSTEMS = (
    System(OURS, "MeshLine, transactions", _ours("agent"), ("W0", "W1", "W2"), exactly_once=True),
    System(OURS_SINKS, "MeshLine's sink runner", _ours("sink_calls"), ("W3",)),
    System(OURS_ALO, "MeshLine, at least once", _ours("agent"), _RATES),
    System("bare-eos", "bare loop, transactions", _python("bare", "bare_loop"), _RATES, exactly_once=True),
    System("bare", "bare loop", _python("bare", "bare_loop"), _RATES),
    System("quix-eos", "Quix Streams, transactions", _python("quix", "quix_streams"), _RATES, exactly_once=True),
    System("quix", "Quix Streams", _python("quix", "quix_streams"), _RATES),
    System("bytewax", "Bytewax, no recovery", _python("bytewax", "bytewax_flow"), _RATES, share=0.3),
    System("streams-eos", "Kafka Streams, exactly_once_v2", _java("streams", "Line"), _RATES, True, options=_SCHEMAS),
    System("parallel-consumer", "Confluent's parallel-consumer", _java("parallel", "Calls"), ("W3",)),
    System("faust", "stock Faust", _python("faust", "stock_faust"), _RATES, share=0.04),
)
BY_NAME = {system.name: system for system in SYSTEMS}


def systems_for(workload: str, wanted: Sequence[str] = ()) -> list[System]:
    """Those that take part in a workload, in the order in which they take turns."""
    return [s for s in SYSTEMS if workload in s.workloads and (not wanted or s.name in wanted)]
