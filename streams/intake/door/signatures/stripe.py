"""Stripe's webhook signatures (docs.stripe.com/webhooks#verify-manually).

    Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>...][,v0=<hex>]   HMAC-SHA256 of `{t}.{raw body}`

The key is the secret as it is written, `whsec_` included. Several `v1` mean that the secret is being rotated;
`v0` is a test scheme and never counts.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from streams.intake.door.signatures.verdict import Refused, Signed, Verified, check_time, matches

SIGNATURE = b"stripe-signature"
_SECOND = timedelta(seconds=1)


def key_of(secret: str) -> bytes:
    """The key: the secret's own text. Raises ValueError for an empty one."""
    if not secret.strip():
        raise ValueError("a Stripe secret is not empty")
    return secret.encode()


def signature(key: bytes, timestamp: bytes, body: bytes) -> bytes:
    """The hexadecimal `v1` value."""
    return hmac.digest(key, timestamp + b"." + body, "sha256").hex().encode()


def verify(keys: Sequence[bytes], request: Signed, now: datetime, tolerance: timedelta) -> Verified | Refused:
    """Whether one of the keys signed the request around now."""
    header = request.header(SIGNATURE)
    if not header:
        return Refused("header_missing")
    items = [item.partition(b"=") for item in header.split(b",")]
    times = [value for name, _, value in items if name == b"t"]
    given = [value for name, _, value in items if name == b"v1"]
    if len(times) != 1 or not given:
        return Refused("header_malformed")
    verdict = check_time(times[0], _SECOND, now, tolerance)
    if isinstance(verdict, Refused):
        return verdict
    expected = [signature(key, times[0], request.body) for key in keys]
    return verdict if matches(expected, given) else Refused("mismatch")
