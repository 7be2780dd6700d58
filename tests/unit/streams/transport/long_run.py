"""The long form of the engine's state machines, in slices that can be repeated by their seed.

    python tests/unit/streams/transport/long_run.py --steps 1000000 --seconds 300 --seed 1

Prints one line of JSON: moves made, examples, violations (0, or the first one with its falsifying example), seconds.
A step is one move of a state machine, an agent, or the consumer's thread. Exit code 1: a violation.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[4])]

from simulation import MOVES  # noqa: E402
from test_dispatch import DeliveryMachine  # noqa: E402
from test_simulation import AtLeastOnceSimulation, ExactlyOnceSimulation  # noqa: E402
from test_watermark import WatermarkMachine  # noqa: E402

MACHINES: list[Any] = [ExactlyOnceSimulation, AtLeastOnceSimulation, DeliveryMachine, WatermarkMachine]
SLICE = settings(
    max_examples=100, stateful_step_count=60, deadline=None, database=None, phases=[Phase.generate, Phase.shrink]
)


def counted(machine: Any) -> Any:
    """The machine, its rules counted as moves where it does not count by itself."""

    class Counted(machine):  # type: ignore[misc]
        def check_invariants(self, *args: Any, **options: Any) -> None:
            MOVES[machine.__name__] += 1
            super().check_invariants(*args, **options)

    Counted.__name__ = machine.__name__
    return Counted


def run(steps: int, seconds: float, first_seed: int) -> dict[str, Any]:
    """Slices of each machine in turn, until the steps are made or the time is over."""
    started, number = time.monotonic(), first_seed
    while MOVES.total() < steps and time.monotonic() - started < seconds:
        machine = MACHINES[number % len(MACHINES)]
        try:
            run_state_machine_as_test(seed(number)(counted(machine)), settings=SLICE)
        except Exception as found:
            return report(started, number, violation=f"{machine.__name__}, seed {number}: {found!r} {notes(found)}")
        number += 1
    return report(started, number)


def notes(found: Exception) -> str:
    """The falsifying example."""
    return "\n".join(getattr(found, "__notes__", []))


def report(started: float, number: int, violation: str = "") -> dict[str, Any]:
    return {
        "steps": MOVES.total(),
        "violations": int(bool(violation)),
        "violation": violation,
        "next_seed": number,
        "seconds": round(time.monotonic() - started, 1),
        "moves": dict(Counter(MOVES).most_common()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = run(given.steps, given.seconds, given.seed)
    sys.stdout.write(json.dumps(found) + "\n")
    return found["violations"]  # type: ignore[no-any-return]


if __name__ == "__main__":
    sys.exit(main())
