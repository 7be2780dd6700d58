"""Tokens: `mesh_<id>_<secret>`. The secret is shown once; only its scrypt hash is kept."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import scrypt

_N, _R, _P = 2**14, 8, 1  # scrypt's costs: 16 MB and some tens of milliseconds


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is shown once, and what is kept of it."""

    text: str
    token_id: str
    salt: bytes
    hash: bytes


def new_token(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> NewToken:
    """A token with 256 random bits."""
    token_id, secret, salt = random_bytes(6).hex(), random_bytes(32).hex(), random_bytes(16)
    return NewToken(f"mesh_{token_id}_{secret}", token_id, salt, hash_of(secret, salt))


def split(text: str) -> tuple[str, str] | None:
    """(id, secret) of a token; None where the text is none."""
    parts = text.strip().split("_")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "mesh" and all(parts) else None


def hash_of(secret: str, salt: bytes) -> bytes:
    return scrypt(secret.encode(), salt=salt, n=_N, r=_R, p=_P)


def holds(secret: str, salt: bytes, expected: bytes) -> bool:
    """Whether a secret is the one that was hashed."""
    return hmac.compare_digest(hash_of(secret, salt), expected)
