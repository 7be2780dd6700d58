"""Wait for a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from ops.local.errors import NotReady

T = TypeVar("T")


def until(attempt: Callable[[], T], seconds: float, pause: float = 0.1) -> T:
    """Try until it does not raise NotReady. After `seconds` the last NotReady is raised."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except NotReady:
            if time.monotonic() > deadline:
                raise
        time.sleep(pause)
