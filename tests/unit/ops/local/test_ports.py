from __future__ import annotations

import socket

import pytest

from ops.local.ports import choose, is_free


def test_a_port_somebody_listens_on_is_not_free() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        assert not is_free(server.getsockname()[1])


def test_chosen_is_neither_taken_nor_in_use() -> None:
    draws = iter([15_001, 15_002, 15_003])
    assert choose({15_001}, free=lambda port: port != 15_002, draw=lambda _: next(draws)) == 15_003


def test_no_port_left_is_an_error_not_a_loop() -> None:
    with pytest.raises(OSError, match="no free port"):
        choose((), free=lambda _: False)
