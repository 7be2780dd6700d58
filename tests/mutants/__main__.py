"""The command: run, read, write the result and its page. Ends with 100 where mutants survive without a reason."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.mutants import report, tool

WORK = tool.ROOT / ".meshline" / "mutants"


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("packages", nargs="*", default=tool.PACKAGES, help="of streams: decide, rules; both if none")
    parser.add_argument("--work", type=Path, default=WORK, help="where the copy is; kept, so that the next run goes on")
    parser.add_argument("--fresh", action="store_true", help="forget earlier verdicts")
    parser.add_argument("--seconds", type=float, help="stop after so long; the same command goes on")
    parser.add_argument("--children", type=int, default=1, help="mutants at once")
    parser.add_argument("--only-read", action="store_true", help="run nothing, tell what was found")
    parser.add_argument("--write", action="store_true", help="keep the result and its page")
    return parser.parse_args(argv)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(argv: list[str]) -> int:
    given = _arguments(argv)
    copies = [tool.Copy(given.work / package, package) for package in given.packages]
    verdicts = []
    for copy in copies:
        if not given.only_read:
            begun = time.monotonic()
            copy.bring_up_to_date(fresh=given.fresh)
            copy.run(given.children, given.seconds)
            _say(f"streams/{copy.package}: ran for {time.monotonic() - begun:.0f} s")
        verdicts += copy.verdicts()
    found = report.result_of(verdicts, report.reasons(), copies[0].commit(), datetime.now(UTC).date())
    _say(report.in_short(found))
    for one in found["unexplained"]:
        _say(f"{one['in']} [{one['verdict']}]\n  - {one['was']}\n  + {one['is']}")
    for reason in found["needless"]:
        _say(f"no such survivor: {reason['in']}: {reason['is']}")
    if given.write and len(copies) == len(tool.PACKAGES):
        report.keep(found)
    return 100 if found["unexplained"] or found["not_checked"] or found["percent"] < report.GOAL else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
