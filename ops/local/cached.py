"""Folders in the shared cache that are built once and then only read."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.local.paths import cache_folder

_WHOLE = ".whole"


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Only one thread of one process at a time works on the thing of that name in the cache."""
    locks = cache_folder() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / name.replace("/", "-")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """The folder of that name; built when it is not there, or was left half-built. One builder at a time.

    `build` gets the empty folder, at its final place: a virtual environment cannot be moved.
    """
    folder = cache_folder() / name
    if (folder / _WHOLE).exists():
        return folder
    with alone(name):
        if (folder / _WHOLE).exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build(folder)
        (folder / _WHOLE).touch()
    return folder
