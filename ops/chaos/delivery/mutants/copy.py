"""A copy of the layer with one mutant in it. The installed one is never touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import streams
from ops.chaos.delivery.errors import MutantDoesNotApply
from ops.chaos.delivery.mutants.mutant import Mutant

ORIGINAL = Path(streams.__path__[0])


def mutate(text: str, mutant: Mutant) -> str:
    """Raises MutantDoesNotApply unless the old text stands there exactly once."""
    found = text.count(mutant.old)
    if found != 1:
        times = "not" if not found else f"{found} times"
        raise MutantDoesNotApply(f"mutant {mutant.name}: its text is {times} in {mutant.file}; bring it up to date")
    return text.replace(mutant.old, mutant.new)


def check_all(mutants: tuple[Mutant, ...], original: Path = ORIGINAL) -> None:
    """Raises MutantDoesNotApply for the first that does not apply to the layer as it is."""
    for mutant in mutants:
        compile(mutate((original / "transport" / mutant.file).read_text("utf-8"), mutant), mutant.file, "exec")


@contextmanager
def layer_with(mutant: Mutant | None, original: Path = ORIGINAL) -> Iterator[Path]:
    """A folder to put before everything else on PYTHONPATH. None: an exact copy."""
    with TemporaryDirectory(prefix="meshline-mutant-") as name:
        folder = Path(name)
        shutil.copytree(original, folder / "streams", ignore=shutil.ignore_patterns("__pycache__"))
        if mutant is not None:
            target = folder / "streams" / "transport" / mutant.file
            target.write_text(mutate(target.read_text("utf-8"), mutant), "utf-8")
        yield folder
