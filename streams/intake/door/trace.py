"""W3C trace context: passed on where a sender gives a sound one, else begun here (w3.org/TR/trace-context)."""

from __future__ import annotations

import re

_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def traceparent_from(header: bytes | None, random_bytes: bytes) -> str:
    """The header if it is well formed, else a new one from 24 random bytes."""
    if header is not None and _TRACEPARENT.fullmatch(header):
        return header.decode()
    return f"00-{random_bytes[:16].hex()}-{random_bytes[16:24].hex()}-01"
