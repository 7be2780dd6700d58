"""The layer's own unit and property tests, run on a mutant."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ops.chaos.delivery.errors import ChaosError, NoSourceTree
from ops.chaos.delivery.mutants.copy import ORIGINAL

_ROOT = ORIGINAL.parent
TESTS = _ROOT / "tests" / "unit" / "streams" / "transport"
_PASSED, _FAILED = 0, 1
_FIRST_FAILURE = re.compile(r"^(?:FAILED|ERROR) \S*?([^/\s]+\.py::\S+)", re.MULTILINE)


class Answer(NamedTuple):
    """`by`: the first test that failed, or that time ran out; empty when all passed."""

    caught: bool
    by: str


def examine(layer: Path, tests: Iterable[Path] = (TESTS,), seconds: float = 180.0) -> Answer:
    """Run the tests with the layer of this folder. Raises NoSourceTree; ChaosError when they cannot be run at all."""
    if not TESTS.is_dir():
        raise NoSourceTree
    argv = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider"]
    argv += ["-p", "ops.chaos.delivery.mutants.quick_search", "-o", "timeout=40", "--rootdir", str(_ROOT)]
    argv += ["-c", str(_ROOT / "pyproject.toml"), *map(str, tests)]
    environ = {**os.environ, "PYTHONPATH": str(layer), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            argv, cwd=layer, env=environ, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return Answer(True, f"the tests did not end within {seconds:.0f} s")
    if done.returncode == _PASSED:
        return Answer(False, "")
    if done.returncode == _FAILED:
        found = _FIRST_FAILURE.search(done.stdout)
        timed_out = "Timeout (" in done.stdout + done.stderr
        return Answer(True, found[1] if found else "a test that hung" if timed_out else "a test")
    raise ChaosError(f"the layer's tests could not be run: {(done.stdout + done.stderr).strip()[-600:]}")
