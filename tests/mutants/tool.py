"""mutmut in a copy of the checkout: installed beside the project's environment, run, stopped, read."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.local.cached import cached

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LOCK = HERE / "mutmut.lock"
_RUN = "from mutmut.__main__ import cli; cli()"
_DONE = "mutations/second"
PARTS = ("schemas", "streams", "sinks", "reconciler", "ops", "tests")
PACKAGES = ("decide", "rules")  #: of streams; each is judged by its own tests


def installed() -> Path:
    """A folder with mutmut and what it needs, by the lock file's hashes; made on first use."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(version.encode() + LOCK.read_bytes()).hexdigest()[:12]
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
    exactly = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(LOCK)]

    def build(folder: Path) -> None:
        subprocess.run([*pip, *exactly, "--target", str(folder)], check=True)

    return cached(f"mutmut-{key}", build)


@dataclass(frozen=True)
class Copy:
    """The copy of the checkout in which mutmut works on one package of streams.

    Its `mutants/` are mutmut's: mutated files and their verdicts.
    """

    folder: Path
    package: str

    def bring_up_to_date(self, *, fresh: bool) -> None:
        """The checkout's files as they are; where one has changed, what survived is asked again."""
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        wanted = set(_files())
        changed = [name for name in wanted if _copy(ROOT / name, self.folder / name)]
        for name in wanted:
            if not (name.startswith(f"streams/{self.package}/") and name.endswith(".py")):
                _copy(ROOT / name, self.folder / "mutants" / name)
        for place in (self.folder, self.folder / "mutants"):
            for path in [path for folder in PARTS for path in (place / folder).rglob("*")]:
                name = path.relative_to(place).as_posix().removesuffix(".meta")
                if path.suffix in (".py", ".yaml", ".meta") and (name not in wanted or _cut_short(path, ROOT / name)):
                    path.unlink()
        settings = (HERE / "mutmut.cfg").read_text("utf-8").format(package=self.package)
        (self.folder / "setup.cfg").write_text(settings, "utf-8")
        commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, check=True)
        (self.folder / "commit").write_bytes(commit.stdout.strip())
        if changed:
            self._ask_survivors_again()

    def _ask_survivors_again(self) -> None:
        for path, content in self._verdict_files():
            codes = content["exit_code_by_key"]
            content["exit_code_by_key"] = {name: code if code in (1, 3) else None for name, code in codes.items()}
            path.write_text(json.dumps(content), "utf-8")
        (self.folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)  # which test runs which function

    def _verdict_files(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        for path in (self.folder / "mutants").rglob("*.meta"):
            yield path, json.loads(path.read_text("utf-8"))

    def run(self, children: int, seconds: float | None) -> None:
        """mutmut, until it is done or the time is over. Raises RuntimeError where the tests fail without a mutant."""
        argv = [sys.executable, "-c", _RUN, "run", "--max-children", str(children)]
        log = self.folder / "run.log"
        with log.open("w") as out:
            process = subprocess.Popen(argv, cwd=self.folder, env=_environment(), stdout=out, stderr=subprocess.STDOUT)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGINT)
                process.wait(60)
        told = log.read_text("utf-8", errors="replace")
        if seconds is None and (process.returncode or _DONE not in told):
            raise RuntimeError(f"mutmut could not run, see {log}: {told[-400:]}")

    def verdicts(self) -> list[dict[str, Any]]:
        """Each mutant: its function, its verdict and, where it was not killed, what was changed into what."""
        argv = [sys.executable, str(HERE / "told.py")]
        done = subprocess.run(argv, cwd=self.folder, env=_environment(), capture_output=True, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    def commit(self) -> str:
        """What was copied."""
        return (self.folder / "commit").read_text("utf-8")


def _copy(source: Path, target: Path) -> bool:
    """Only what is not the same, and whether it was: mutmut looks when a file was changed."""
    if target.exists() and filecmp.cmp(source, target, shallow=False):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return True


def _cut_short(path: Path, source: Path) -> bool:
    """Whether mutmut was stopped as it wrote the file: mutated it is never shorter."""
    return path.suffix == ".py" and path.stat().st_size < source.stat().st_size


def _files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def _environment() -> dict[str, str]:
    """The project's interpreter with mutmut before its packages; the order of tests is the same each time.

    The machine's zone is far from UTC, so that days by the wrong one are noticed.
    """
    return os.environ | {"PYTHONPATH": str(installed()), "PYTHONHASHSEED": "0", "TZ": "Pacific/Kiritimati"}
