"""The two ledgers, SQLite files: what was sent, and what was seen. Only loader and observer write them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ops.chaos.delivery.judge import Seen, Sent

_INPUTS = """
create table if not exists inputs (
    n integer primary key, key integer, seq integer, digest blob, partition integer, place integer)
"""  # partition and place (the offset) are null until the broker has acknowledged
_OUTPUTS = (
    "create table if not exists outputs (partition integer, place integer, key integer, seq integer, digest blob)"
)


def open_inputs(path: Path) -> sqlite3.Connection:
    """Every commit is on the disk when it returns."""
    ledger = sqlite3.connect(path)
    ledger.execute("pragma journal_mode = wal")
    ledger.execute("pragma synchronous = full")
    ledger.execute(_INPUTS)
    return ledger


def open_outputs(path: Path) -> sqlite3.Connection:
    ledger = sqlite3.connect(path)
    ledger.execute(_OUTPUTS)
    return ledger


def sent(path: Path) -> Iterator[Sent]:
    ledger = sqlite3.connect(path)
    try:
        for row in ledger.execute("select key, seq, digest, partition, place from inputs order by n"):
            yield Sent(*row)
    finally:
        ledger.close()


def seen(path: Path) -> Iterator[Seen]:
    """In the order of the log: by partition, then by offset."""
    ledger = sqlite3.connect(path)
    try:
        for row in ledger.execute("select key, seq, digest, partition, place from outputs order by partition, place"):
            yield Seen(*row)
    finally:
        ledger.close()
