"""The long form of the properties of pro-rating: seeded cases, each through every property.

    python tests/unit/schemas/prorate_long_run.py --cases 100000 --seed 1

A case is an interval cut at days, and a subscription that is changed while the ERP bills. Prints one line of JSON:
cases, checks, violations (0, or the first one with its case), seconds. Exit code 1: a violation. Plain random cases:
Hypothesis remembers what it has tried, and runs of this length are too long for that.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "sinks"), str(Path(__file__).parents[3])]

from test_prorate import (  # noqa: E402
    changes_cost_what_was_used,
    intervals_cost_their_price,
    parts_add_up,
    reverses_cancel_out,
)
from test_tryton_schedule import is_paid_as_used  # noqa: E402

from schemas.money import minor_unit  # noqa: E402
from schemas.prorate import MONTHS, interval_at  # noqa: E402

_CUT: tuple[Callable[..., None], ...] = (
    parts_add_up,
    changes_cost_what_was_used,
    reverses_cancel_out,
    intervals_cost_their_price,
)


def checks(chance: random.Random) -> Iterator[tuple[Callable[..., None], tuple[Any, ...]]]:
    """One case: each property with what it is asked about."""
    start = date(2000, 1, 1) + timedelta(days=chance.randrange(22_000))
    kind, currency = chance.choice(sorted(MONTHS)), chance.choice(["EUR", "JPY", "KWD"])
    interval = interval_at(start, start + timedelta(days=chance.randrange(4000)), kind)
    days = sorted(interval.start + timedelta(days=chance.randint(0, interval.days)) for _ in range(chance.randrange(6)))
    price, other = (chance.randrange(10 ** chance.randrange(1, 13)) * minor_unit(currency) for _ in range(2))
    for check in _CUT:
        yield check, (interval, days, price, other, currency)
    changes = [
        (chance.randrange(70), chance.randrange(10**7), chance.random() < 0.5, chance.randrange(200))
        for _ in range(chance.randrange(6))
    ]
    yield is_paid_as_used, (start, kind, chance.randrange(10**7), changes, chance.random() < 0.5)


def run(cases: int, seed: int) -> dict[str, Any]:
    """`cases` of them, or as many as there are before the first violation."""
    started, chance, made = time.monotonic(), random.Random(seed), Counter[str]()
    done, violation = 0, ""
    while done < cases and not violation:
        for check, asked in checks(chance):
            made[check.__name__] += 1
            try:
                check(*asked)
            except Exception as found:
                violation = f"case {done}: {check.__name__}{asked!r}: {found!r}"
                break
        done += 1
    return {
        "cases": done,
        "checks": dict(made),
        "violations": int(bool(violation)),
        "violation": violation,
        "seed": seed,
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    found = run(given.cases, given.seed)
    sys.stdout.write(json.dumps(found) + "\n")
    return int(found["violations"])


if __name__ == "__main__":
    sys.exit(main())
