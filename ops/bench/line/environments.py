"""Where the peers' programs run: a virtual environment per lock file, Java artifacts by coordinate; both cached."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from ops.local.cached import cached
from ops.local.errors import LocalPartsError
from ops.local.jars import checked, class_path, locked
from ops.local.java import java

PEERS = Path(__file__).with_name("peers")
JARS = PEERS / "jars.lock"
_COMPILER = "compiler"


class NotAvailable(LocalPartsError):
    """A peer cannot be installed here."""


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, made on first use from `peers/<name>.lock`. Raises NotAvailable."""
    lock = PEERS / f"{name}.lock"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    key = hashlib.sha256(version.encode() + b"\0" + lock.read_bytes()).hexdigest()[:12]
    return cached(f"bench-{name}-{key}", lambda folder: _make(name, lock, folder)) / "bin" / "python"


def _make(name: str, lock: Path, folder: Path) -> None:
    python = str(folder / "bin" / "python")
    exactly = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(lock)]
    if uv := shutil.which("uv"):
        steps = [[uv, "venv", "-q", "--allow-existing", "--python", sys.executable, str(folder)]]
        steps += [[uv, "pip", "install", "-q", "--python", python, *exactly]]
    elif find_spec("ensurepip"):
        steps = [[sys.executable, "-m", "venv", str(folder)]]
        steps += [[python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *exactly]]
    else:
        raise NotAvailable("this Python cannot make virtual environments: install its `venv` package, or uv")
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotAvailable(f"{name}: {(done.stderr or done.stdout).strip()[-400:]}")


def jars_of(name: str) -> Path:
    """A folder with the Java artifacts of that set in `peers/jars.lock`. Raises DownloadFailed."""
    jars = locked(name, JARS)
    key = hashlib.sha256("".join(jar.sha256 for jar in jars).encode()).hexdigest()[:12]

    def build(folder: Path) -> None:
        for jar in jars:
            path = checked(jar)
            shutil.copy2(path, folder / path.name)

    return cached(f"jars/bench-{name}-{key}", build)


def class_path_of(name: str) -> str:
    """The class path of a Java peer: its jars, and `peers/java/<name>/*.java` compiled. Raises NotAvailable.

    The runtime has no compiler; Eclipse's is a jar like the others.
    """
    sources = sorted((PEERS / "java" / name).glob("*.java"))
    jars = class_path([jars_of(name)])
    content = b"".join(source.read_bytes() for source in sources)
    key = hashlib.sha256(jars.encode() + b"\0" + content).hexdigest()[:12]

    def build(folder: Path) -> None:
        argv = [java(), "-jar", next(str(jar) for jar in jars_of(_COMPILER).glob("*.jar")), "-nowarn", "-21"]
        done = subprocess.run(
            [*argv, "-cp", jars, "-d", str(folder), *map(str, sources)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotAvailable(f"{name}: {(done.stderr or done.stdout).strip()[-600:]}")

    return os.pathsep.join((str(cached(f"bench-{name}-classes-{key}", build)), jars))
