"""What this stack started: ports and processes, in `parts.json`; and its passwords, in `secrets.json`."""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ops.local import ports


@dataclass(frozen=True)
class Started:
    """One process of ours. Its start time tells it from a stranger that got the same pid later."""

    pid: int
    created: float  #: seconds since the epoch, as the operating system reports it


def write_private(path: Path, text: str) -> None:
    """Replace the file whole, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    part.replace(path)


class Record:
    """`parts.json`. Ports outlive a `down`, so the same stack comes back where it was. Safe between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        known = json.loads(path.read_text()) if path.exists() else {}
        self._ports: dict[str, int] = known.get("ports", {})
        self._processes = {name: Started(**one) for name, one in known.get("processes", {}).items()}

    def port(self, name: str) -> int:
        """The port recorded under this name; chosen now when there is none."""
        with self._lock:
            if name not in self._ports:
                self._ports[name] = ports.choose(self._ports.values())
                self._save()
            return self._ports[name]

    def renew_port(self, name: str) -> int:
        """Another port: somebody else sits on the recorded one."""
        with self._lock:
            self._ports[name] = ports.choose(self._ports.values())
            self._save()
            return self._ports[name]

    def process(self, part: str) -> Started | None:
        return self._processes.get(part)

    def started(self, part: str, process: Started) -> None:
        with self._lock:
            self._processes[part] = process
            self._save()

    def stopped(self, part: str) -> None:
        with self._lock:
            self._processes.pop(part, None)
            self._save()

    def _save(self) -> None:
        processes = {name: asdict(one) for name, one in self._processes.items()}
        write_private(self._path, json.dumps({"ports": self._ports, "processes": processes}, indent=1) + "\n")


class Secrets:
    """Passwords made once per data folder."""

    def __init__(self, path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(18)) -> None:
        self._path, self._make = path, make
        self._lock = threading.Lock()
        self._known: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def __getitem__(self, name: str) -> str:
        with self._lock:
            if name not in self._known:
                self._known[name] = self._make()
                write_private(self._path, json.dumps(self._known, indent=1) + "\n")
            return str(self._known[name])
