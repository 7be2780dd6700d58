"""Avro's Java library as a judge: `jvm/Judge.java`, compiled once, asked over a pipe.

The jars come by their coordinates, held to `jvm/jars.lock`; the runtime is the one that runs the stack. The compiler
is Eclipse's, because a runtime has none.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

from ops.local.cached import cached
from ops.local.jars import checked, locked
from ops.local.java import java

_FOLDER = Path(__file__).with_name("jvm")
_SOURCE = _FOLDER / "Judge.java"


class Judge:
    """A running judge. Questions and answers are those in Judge.java's comment."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers, in the questions' order."""
        lines = [json.dumps(question) for question in questions]
        sender = Thread(target=self._send, args=(lines,), daemon=True)
        sender.start()
        assert self._process.stdout is not None
        answers = [json.loads(self._process.stdout.readline()) for _ in lines]
        sender.join()
        return answers

    def _send(self, lines: list[str]) -> None:
        assert self._process.stdin is not None
        for line in lines:
            self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def judge(library: str = "avro") -> Iterator[Judge]:
    """A judge for as long as the block runs: with Avro 1.12 ("avro"), or with the last one before it ("avro11")."""
    newest = [str(checked(jar)) for jar in locked("avro", _FOLDER / "jars.lock")]
    classes = cached(f"judge-{sha256(_SOURCE.read_bytes()).hexdigest()[:12]}", lambda folder: _compile(newest, folder))
    jars = [str(checked(jar)) for jar in locked(library, _FOLDER / "jars.lock")]
    flags = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    argv = [java(), *flags, "-cp", ":".join([str(classes), *jars]), "Judge"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            yield Judge(process)
        finally:
            process.kill()


def _compile(jars: list[str], target: Path) -> None:
    (compiler,) = [checked(jar) for jar in locked("compiler", _FOLDER / "jars.lock")]
    argv = [java(), "-jar", str(compiler), "-17", "-nowarn", "-cp", ":".join(jars), "-d", str(target), str(_SOURCE)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
