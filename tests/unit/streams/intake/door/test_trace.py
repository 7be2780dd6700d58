from __future__ import annotations

import pytest

from streams.intake.door.trace import traceparent_from

RANDOM = bytes(range(24))
MADE = f"00-{RANDOM[:16].hex()}-{RANDOM[16:].hex()}-01"


def test_a_sound_trace_is_passed_on() -> None:
    given = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    assert traceparent_from(given, RANDOM) == given.decode()


@pytest.mark.parametrize(
    "header",
    [
        None,
        b"",
        b"hello",
        b"00-" + b"0" * 32 + b"-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n",
        b"\xff\xfe",
    ],
)
def test_anything_else_begins_a_new_one(header: bytes | None) -> None:
    assert traceparent_from(header, RANDOM) == MADE
