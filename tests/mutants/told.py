"""Verdicts of a run as JSON; runs beside mutmut, in the folder that it ran in."""

from __future__ import annotations

import difflib
import json
import sys
from pathlib import Path
from typing import Any

from mutmut.mutation.data import MutantLineSpans  # type: ignore[import-not-found]
from mutmut.stats import status_by_exit_code  # type: ignore[import-not-found]

FOLDER = Path("mutants")
KILLED = ("killed", "timeout")


def mutants() -> list[dict[str, Any]]:
    found = []
    for path in sorted(FOLDER.rglob("*.meta")):
        source = path.relative_to(FOLDER).as_posix().removesuffix(".meta")
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            module, _, function = name.rpartition(".")
            verdict = status_by_exit_code[code]
            one = {"in": f"{module}.{plain(function)}", "verdict": verdict}
            if verdict not in KILLED:
                one |= difference(source, function)
            found.append(one)
    return found


def plain(function: str) -> str:
    """`x_decide__mutmut_3` -> decide, `xǁKnownǁtold_at__mutmut_1` -> Known.told_at."""
    return function.partition("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


def difference(source: str, function: str) -> dict[str, str]:
    original = function.partition("__mutmut_")[0] + "__mutmut_orig"
    texts = MutantLineSpans.load(source).read_function_sources([original, function])
    first, second = ([line for line in text.splitlines() if "__mutmut_" not in line] for text in texts)
    lines = list(difflib.unified_diff(first, second, n=0, lineterm=""))[2:]
    told = {sign: [line[1:].strip() for line in lines if line[0] == sign] for sign in "-+"}
    return {"was": " ".join(told["-"]), "is": " ".join(told["+"])}


if __name__ == "__main__":
    json.dump(mutants(), sys.stdout)
