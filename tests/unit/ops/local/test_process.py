from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ops.local import process
from ops.local.process import Command
from ops.local.record import Started

_STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
)


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _start(tmp_path: Path, *argv: str, **options: object) -> tuple[Started, Path]:
    log = tmp_path / "log"
    return process.start(Command(argv, tmp_path, **options), log), log  # type: ignore[arg-type]


def test_a_strangers_process_with_our_pid_is_never_ended(tmp_path: Path) -> None:
    ours, _ = _start(tmp_path, "sleep", "60")
    reused = replace(ours, created=ours.created - 3600)  # as if the pid had been ours an hour ago
    assert not process.alive(reused)
    assert process.stop(reused, signal.SIGKILL, grace=0.1) is False
    assert process.alive(ours)
    assert process.stop(ours, signal.SIGTERM, grace=5) is True
    assert not process.alive(ours)


def test_what_ignores_the_polite_signal_is_ended_after_the_grace(tmp_path: Path) -> None:
    started, log = _start(tmp_path, sys.executable, "-c", _STUBBORN)
    _until(lambda: "ready" in log.read_text())
    began = time.monotonic()
    assert process.stop(started, signal.SIGTERM, grace=0.3)
    assert time.monotonic() - began >= 0.3
    assert not process.alive(started)


def test_it_gets_its_folder_environment_arguments_and_limit_and_a_session_of_its_own(tmp_path: Path) -> None:
    script = 'pwd; echo "$MESH_TEST"; echo "$1"; ulimit -v; exec sleep 60'
    folder = tmp_path / "a folder"
    folder.mkdir()
    log = tmp_path / "log"
    command = Command(["sh", "-c", script, "sh", "two words; $HOME"], folder, {"MESH_TEST": "é"}, address_space_mb=512)
    started = process.start(command, log)
    try:
        _until(lambda: len(log.read_text().splitlines()) == 4)
        assert log.read_text().splitlines() == [str(folder), "é", "two words; $HOME", str(512 * 1024)]
        assert os.getsid(started.pid) == started.pid
    finally:
        process.stop(started, signal.SIGKILL, grace=1)


def test_one_that_ended_at_once_is_not_alive(tmp_path: Path) -> None:
    started, _ = _start(tmp_path, "false")
    _until(lambda: not process.alive(started))
    assert process.memory_mb(started) == 0


@pytest.mark.parametrize("missing", [None, Started(2**22 + 1, 0.0)])
def test_nothing_recorded_or_a_pid_that_is_nobodys(missing: Started | None) -> None:
    assert process.find(missing) is None


def test_the_end_of_a_log_keeps_causes_and_drops_stack_frames(tmp_path: Path) -> None:
    log = tmp_path / "log"
    frames = "".join(f"\tat a.b.C.d(C.java:{number})\n" for number in range(40))
    log.write_text(f"start\njava.lang.RuntimeException: no\n{frames}Caused by: port in use\n{frames}\t... 4 more\n\n")
    assert process.last_lines(log) == ["start", "java.lang.RuntimeException: no", "Caused by: port in use"]
    assert process.last_lines(tmp_path / "none") == []
