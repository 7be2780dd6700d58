"""One record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.transport.types import TP


class MemoryMessage:
    """One record, as `confluent_kafka.Message` shows it."""

    def __init__(self, tp: TP, offset: int, key: bytes | None, value: bytes | None, extra: Mapping[str, Any]) -> None:
        self._tp, self._offset, self._key, self._value, self._extra = tp, offset, key, value, extra

    def topic(self) -> str:
        return self._tp.topic

    def partition(self) -> int:
        return self._tp.partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes | None:
        return self._key

    def value(self) -> bytes | None:
        return self._value

    def headers(self) -> Any:
        return self._extra.get("headers")

    def timestamp(self) -> tuple[int, int]:
        return (1, int(self._extra.get("timestamp", 0)))

    def error(self) -> None:
        return None

    def __len__(self) -> int:
        return len(self._value or b"")
