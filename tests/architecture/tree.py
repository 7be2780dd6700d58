"""The checkout as the architecture tests see it."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "streams", "sinks", "reconciler", "ops")
_SKIPPED = {".venv", "__pycache__", ".git"}


def python_files(*folders: str) -> list[Path]:
    """Our Python files, those not yet committed included."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if not _SKIPPED & set(path.relative_to(ROOT).parts))


def shipped_files() -> list[Path]:
    """Every file that git tracks; without git, everything in our folders and the top level."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    folders = [path for name in (*PACKAGES, "tests", ".ci") for path in (ROOT / name).rglob("*")]
    return [path for path in [*folders, *ROOT.iterdir()] if path.is_file() and "__pycache__" not in path.parts]


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
