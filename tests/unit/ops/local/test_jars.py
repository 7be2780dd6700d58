from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ops.local import versions
from ops.local.errors import DownloadFailed
from ops.local.jars import Jar, checked, class_path, locked


class Shelf:
    """A resolver that has these bytes in turn."""

    def __init__(self, path: Path, *contents: bytes) -> None:
        self._path, self._contents = path, list(contents)

    def __call__(self, jar: Jar) -> str:
        if not self._path.exists():
            self._path.write_bytes(self._contents.pop(0))
        return str(self._path)


def _jar(content: bytes) -> Jar:
    return Jar("g", "a", "1", "jar", "", hashlib.sha256(content).hexdigest())


def test_a_file_cut_short_is_fetched_again(tmp_path: Path) -> None:
    assert checked(_jar(b"whole"), Shelf(tmp_path / "a.jar", b"who", b"whole")).read_bytes() == b"whole"


def test_a_file_that_is_not_the_locked_one_is_refused_and_removed(tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed, match="checksum"):
        checked(_jar(b"whole"), Shelf(tmp_path / "a.jar", b"evil", b"evil"))
    assert not (tmp_path / "a.jar").exists()


def test_a_registry_that_does_not_answer_is_told_in_words() -> None:
    def resolve(_: Jar) -> Any:
        raise RuntimeError("connection refused")

    with pytest.raises(DownloadFailed, match=r"g:a:jar::1: connection refused"):
        checked(_jar(b""), resolve)


@pytest.mark.parametrize(
    ("name", "coordinate"),
    [
        ("broker", f"org.apache.kafka:kafka_2.13:jar::{versions.KAFKA}"),
        ("broker", f"org.apache.kafka:kafka-clients:jar::{versions.KAFKA}"),
        ("connect", f"org.apache.kafka:connect-runtime:jar::{versions.KAFKA}"),
        ("connect", f"org.apache.kafka:kafka-clients:jar::{versions.KAFKA}"),
        ("debezium", f"io.debezium:debezium-connector-postgres:jar::{versions.DEBEZIUM}"),
        ("converter", f"io.apicurio:apicurio-registry-utils-converter:jar::{versions.CONVERTER}"),
        ("registry", f"io.apicurio:apicurio-registry-app:tar.gz:all:{versions.REGISTRY}"),
    ],
)
def test_the_lock_holds_the_versions(name: str, coordinate: str) -> None:
    found = {jar.coordinate: jar.sha256 for jar in locked(name)}
    assert len(found[coordinate]) == 64


def test_no_set_has_one_artifact_twice() -> None:
    for name in ("broker", "connect", "debezium", "converter"):
        names = [(jar.group, jar.artifact, jar.classifier) for jar in locked(name)]
        assert len(set(names)) == len(names)


def test_the_class_path_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("b.jar", "a.jar", "c.txt"):
        (tmp_path / name).touch()
    assert class_path([tmp_path]) == f"{tmp_path}/a.jar:{tmp_path}/b.jar"


def test_a_file_that_another_set_is_fetching_is_not_looked_at_before_it_is_whole(tmp_path: Path) -> None:
    path, begun, looked = tmp_path / "a.jar", threading.Event(), threading.Event()

    def resolve(_: Jar) -> str:
        if begun.is_set() and path.read_bytes() != b"whole":
            looked.set()
        if not begun.is_set():
            path.write_bytes(b"who")
            begun.set()
            looked.wait(0.3)  # time enough for the other, if nothing holds it back
            path.write_bytes(b"whole")
        return str(path)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(checked, _jar(b"whole"), resolve)
        begun.wait(5)
        second = pool.submit(checked, _jar(b"whole"), resolve)
        assert first.result() == second.result() == path
    assert not looked.is_set()
