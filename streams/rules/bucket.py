"""Waves: a number from 0 to 99 that an account keeps for ever, so that a larger wave contains the smaller one."""

from __future__ import annotations

from hashlib import sha256

from streams.rules.decisions import MOST_BUCKETS


def bucket_of(account_id: str) -> int:
    """The same on every machine and for every flow: an account whose orders take part has its customer take part."""
    return int.from_bytes(sha256(f"wave/{account_id}".encode()).digest()[:8], "big") % MOST_BUCKETS
