"""Free ports, chosen once per data folder and kept in its record."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Collection

_LOOPBACK = "127.0.0.1"
#: Below the range from which systems hand out ports for outgoing connections, so that no client of ours
#: sits on a recorded port while the stack is down.
_RANGE = range(15_000, 30_000)


def is_free(port: int) -> bool:
    """Whether a server could listen here now. A port in TIME_WAIT counts as free, as it does for the servers."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(
    taken: Collection[int],
    free: Callable[[int], bool] = is_free,
    draw: Callable[[range], int] = random.choice,
) -> int:
    """A free port that is not in `taken`. Drawn at random, so that two stacks starting together rarely meet."""
    for _ in range(1000):
        port = draw(_RANGE)
        if port not in taken and free(port):
            return port
    raise OSError(f"no free port between {_RANGE.start} and {_RANGE.stop}")
