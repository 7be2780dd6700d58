"""The life of a batch, and who hears of it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from streams.transport.batch import Batch


class State(enum.Enum):
    OPEN = enum.auto()
    FINISHED = enum.auto()
    ABANDONED = enum.auto()
    VOID = enum.auto()


class Owner(Protocol):
    """Whoever handed the batch out and hears how it ends."""

    def batch_progressed(self, batch: Batch) -> None: ...
    def batch_finished(self, batch: Batch) -> None: ...
    def batch_failed(self, batch: Batch, reason: Exception) -> None: ...
    def batch_postponed(self, batch: Batch, offset: int, why: str, seconds: float) -> None: ...
