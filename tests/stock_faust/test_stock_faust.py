"""The same promises, asked of stock Faust and of our layer: stock breaks each, ours keeps each.

Stock Faust is the release that is locked, faust-streaming 0.15.3, with its own aiokafka driver. It runs in a process of
its own that imports nothing of ours. Its streams exist twice, in Python and compiled; F9 is in the one in Python.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from our_system import OURS, stop_all
from promises import PROMISES

STOCK = Path(__file__).with_name("stock_system.py")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def stock() -> dict[str, Any]:
    """The verdicts on stock Faust, all from one process."""
    command = [sys.executable, "-W", "ignore", str(STOCK)]
    environ = {**os.environ, "NO_CYTHON": "1"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert found.pop("ours") == [], "stock Faust is not stock"
    return found


@pytest.mark.parametrize("promise", PROMISES)
def test_stock_faust_breaks_it(promise: str, stock: dict[str, Any]) -> None:
    kept, seen = stock[promise]
    assert not kept, f"stock Faust keeps {promise} now: {seen}"


@pytest.mark.anyio
@pytest.mark.parametrize("promise", PROMISES)
async def test_ours_keeps_it(promise: str) -> None:
    try:
        kept, seen = await PROMISES[promise](OURS)
    finally:
        await stop_all()
    assert kept, seen


def test_nothing_is_left_out(stock: dict[str, Any]) -> None:
    assert stock.keys() == PROMISES.keys()
