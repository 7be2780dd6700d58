"""Where things are: the data folder of one stack, and the cache that all checkouts share."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path


def cache_folder() -> Path:
    """Downloads, checked: `MESHLINE_CACHE`, or `meshline` in the user's cache folder."""
    if given := os.environ.get("MESHLINE_CACHE"):
        return Path(given).absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "meshline"


@dataclass(frozen=True)
class Home:
    """The data folder. Everything a stack writes is under it, so `down --wipe` is one removal."""

    folder: Path

    @property
    def env(self) -> Path:
        """Addresses and secrets for every MeshLine command, dotenv format, readable by its owner only."""
        return self.folder / "env"

    @property
    def record(self) -> Path:
        return self.folder / "parts.json"

    @property
    def secrets(self) -> Path:
        return self.folder / "secrets.json"

    @property
    def lock(self) -> Path:
        """Not in the folder: a wipe must not remove the lock that guards it."""
        key = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return cache_folder() / "locks" / key

    def data(self, part: str) -> Path:
        return self.folder / "data" / part

    def config(self, part: str) -> Path:
        """A folder for the part's configuration, made when asked for."""
        folder = self.folder / "config" / part
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def log(self, part: str) -> Path:
        folder = self.folder / "log"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{part}.log"
