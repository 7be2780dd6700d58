"""What a part is. One module per part implements it; `stack.py` knows no more of a part than this."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ops.local.paths import Home
from ops.local.process import Command
from ops.local.record import Record, Secrets


@dataclass(frozen=True)
class Place:
    """Where a part lives: its stack's folder, ports and passwords."""

    home: Home
    record: Record
    secrets: Secrets
    given: Mapping[str, str]  #: addresses of parts that somebody else runs (MESHLINE_BOOTSTRAP and its like)

    def port(self, name: str) -> int:
        return self.record.port(name)

    def data(self, part: str) -> Path:
        return self.home.data(part)


class Part(Protocol):
    """A process of its own, with a way to ask it whether it serves."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str:
        """For people: "Kafka 4.1.0"."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """Parts that must answer before this one is started."""
        ...

    @property
    def ports(self) -> Sequence[str]:
        """Names of its ports in the record; the first is where it is asked."""
        ...

    @property
    def patience(self) -> float:
        """Seconds from start until it must answer."""
        ...

    @property
    def logs(self) -> Sequence[Path]: ...

    @property
    def stop_signal(self) -> signal.Signals: ...

    @property
    def given_by(self) -> Sequence[str]:
        """Settings that stand in for it: when all of them are given, it is somebody else's and not started."""
        ...

    def endpoints(self) -> dict[str, str]:
        """Settings that lead to it."""
        ...

    def prepare(self) -> None:
        """Everything before its process: downloads, an empty data folder. Idempotent; needs no other part."""
        ...

    def prime(self) -> None:
        """What its process will want to find in the parts it needs, which answer by now. Idempotent."""
        ...

    def command(self) -> Command: ...

    def probe(self) -> None:
        """Ask its protocol, once and briefly. Raises NotReady."""
        ...

    def examine(self) -> None:
        """What `status` asks on top: does it do its work? Raises NotReady."""
        ...

    def settle(self) -> None:
        """After it answers: databases, seeds, connectors. Idempotent, and quick when there is nothing to do."""
        ...

    def forget(self) -> None:
        """Remove what it keeps outside the data folder, which `down --wipe` removes after this."""
        ...


@runtime_checkable
class Ages(Protocol):
    """A part whose running process may be older than what it has to serve by now."""

    def outdated(self) -> bool:
        """Whether it is to be stopped, primed and started again. Asked while the parts that it needs answer."""
        ...
