"""Who says what the ERP did: neither the job nor the ledger, but the ERP itself, read behind everybody's back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ops.chaos.replay.erp import Applied, look_into


class Witness(Protocol):
    """An ERP as the trial sees it. `deadly`: it dies, too. `environ`: what leads the sink worker there."""

    @property
    def name(self) -> str: ...

    @property
    def deadly(self) -> bool: ...

    @property
    def environ(self) -> Mapping[str, str]: ...

    def place(self, folder: Path) -> str:
        """Where the sink worker of a run finds it; "" where the environment says it."""
        ...

    def effects(self, folder: Path, run: str) -> int:
        """How many changes it has made for a run until now."""
        ...

    def look(self, folder: Path, run: str) -> tuple[list[Applied], dict[str, int]]:
        """(what was changed, in order; how many records each key has)."""
        ...

    def strike(self) -> None:
        """SIGKILL for all its processes, then start it again."""
        ...


class FileWitness:
    """The ERP in a file of each run's folder. It has no process that could die."""

    name = "file"
    deadly = False
    environ: Mapping[str, str] = {}

    def place(self, folder: Path) -> str:
        return str(folder / "erp.db")

    def effects(self, folder: Path, run: str) -> int:
        return len(self.look(folder, run)[0])

    def look(self, folder: Path, run: str) -> tuple[list[Applied], dict[str, int]]:
        return look_into(folder / "erp.db")

    def strike(self) -> None:
        raise NotImplementedError("a file does not die")
