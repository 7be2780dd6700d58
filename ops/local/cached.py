"""Folders in the shared cache that are built once and then only read."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

from ops.local.paths import cache_folder

_WHOLE = ".whole"


def cached(name: str, build: Callable[[Path], None]) -> Path:
    """The folder of that name; built when it is not there, or was left half-built. One builder at a time.

    `build` gets the empty folder, at its final place: a virtual environment cannot be moved.
    """
    folder = cache_folder() / name
    if (folder / _WHOLE).exists():
        return folder
    locks = cache_folder() / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / name.replace("/", "-")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (folder / _WHOLE).exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        build(folder)
        (folder / _WHOLE).touch()
    return folder
