"""The records of a campaign. A value carries its own identity, so nobody needs to believe a header or an offset."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator

_DIGEST_BYTES = 8


def digest(value: bytes) -> bytes:
    return hashlib.blake2b(value, digest_size=_DIGEST_BYTES).digest()


def key_name(key: int) -> bytes:
    return b"k%d" % key


def derived_key(name: bytes) -> bytes:
    """The key of the output: another one, so that the output lands in another partition."""
    return b"d" + hashlib.blake2b(name, digest_size=6).hexdigest().encode()


def make_value(key: int, seq: int, filling: bytes) -> bytes:
    return b"%d|%d|%s" % (key, seq, filling)


def parse_value(value: bytes) -> tuple[int, int]:
    """(key, seq). Raises ValueError when it is no record of a campaign."""
    key, seq, _ = value.split(b"|", 2)
    return int(key), int(seq)


def records(seed: int, messages: int, keys: int) -> Iterator[tuple[int, int, bytes]]:
    """(key, seq, value), seq counting from 0 within each key; values of 20 to 400 bytes."""
    chance = random.Random(seed)
    pool = chance.randbytes(4096).replace(b"|", b"/")
    next_seq = [0] * keys
    for _ in range(messages):
        key = chance.randrange(keys)
        at = chance.randrange(3700)
        seq = next_seq[key]
        next_seq[key] = seq + 1
        yield key, seq, make_value(key, seq, pool[at : at + chance.randrange(10, 390)])
