"""Java artifacts by Maven coordinate, each checked against `jars.lock` before it is used."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.local.cached import alone, cached
from ops.local.errors import DownloadFailed
from ops.local.paths import cache_folder

LOCK = Path(__file__).with_name("jars.lock")


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Jar:
    group: str
    artifact: str
    version: str
    packaging: str
    classifier: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return ":".join((self.group, self.artifact, self.packaging, self.classifier, self.version))

    def resolve(self, context: Any) -> str:
        """The path in the resolver's cache; it downloads when it is not there."""
        component = context.project(self.group, self.artifact).at_version(self.version)
        return str(component.artifact(classifier=self.classifier, packaging=self.packaging).resolve())

    @classmethod
    def parse(cls, coordinate: str, sha256: str) -> Jar:
        group, artifact, packaging, classifier, version = coordinate.split(":")
        return cls(group, artifact, version, packaging, classifier, sha256.removeprefix("sha256:"))


def locked(name: str, lock: Path = LOCK) -> list[Jar]:
    """The artifacts of one set ("broker", "connect", "debezium", "converter", "registry")."""
    lines = (line.split() for line in lock.read_text().splitlines() if line.strip())
    return [Jar.parse(coordinate, digest) for sets, coordinate, digest in lines if name in sets.split(",")]


def fetch(name: str) -> Path:
    """A folder with exactly the set's files, all checked; made once, then found by the checksums' own hash.

    Raises DownloadFailed when a registry does not answer, or a file is not the locked one.
    """
    jars = locked(name)
    key = hashlib.sha256("".join(jar.sha256 for jar in jars).encode()).hexdigest()[:12]

    def build(folder: Path) -> None:
        with ThreadPoolExecutor(8) as pool:
            for path in pool.map(checked, jars):
                _place(path, folder / path.name)

    return cached(f"jars/{name}-{key}", build)


def class_path(folders: Iterable[Path]) -> str:
    """Every jar by name, in a fixed order: a shared class archive needs the same class path each time."""
    return os.pathsep.join(str(jar) for folder in folders for jar in sorted(folder.glob("*.jar")))


def _download(jar: Jar) -> str:
    from jgo.maven import MavenContext  # noqa: PLC0415  (an extra: a service that brings its own parts has none)

    return jar.resolve(MavenContext(repo_cache=cache_folder() / "maven", timeout=60))


def checked(jar: Jar, resolve: Callable[[Jar], str] = _download) -> Path:
    """The artifact's file, equal to the lock. Raises DownloadFailed.

    Several sets hold the same artifact and are fetched at once, and the resolver writes a file in place: a second
    one must not look at it before it is whole.
    """
    with alone(f"jar-{jar.sha256}"):
        return _checked(jar, resolve)


def _checked(jar: Jar, resolve: Callable[[Jar], str]) -> Path:
    problem = ""
    for _ in range(2):  # a file cut short by an earlier kill is fetched again, once
        try:
            path = Path(resolve(jar))
        except Exception as error:  # the resolver raises whatever its HTTP client does
            problem = str(error)[:300]
            continue
        if sha256_of(path) == jar.sha256:
            return path
        path.unlink(missing_ok=True)
        problem = "its checksum is not the one in jars.lock"
    raise DownloadFailed(jar.coordinate, problem)


def _place(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
