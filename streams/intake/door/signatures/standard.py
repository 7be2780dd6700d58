"""Standard Webhooks 1.0.0, symmetric signatures (github.com/standard-webhooks, spec/standard-webhooks.md).

    webhook-signature: v1,<base64>[ v1,<base64>...]   HMAC-SHA256 of `{webhook-id}.{webhook-timestamp}.{raw body}`

Several signatures mean that the sender rotates its secret. Other versions in the list (`v1a`) are passed over.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from streams.intake.door.signatures.verdict import Refused, Signed, Verified, check_time, matches

ID, TIMESTAMP, SIGNATURE = b"webhook-id", b"webhook-timestamp", b"webhook-signature"
PREFIX = "whsec_"
_SECOND = timedelta(seconds=1)


def key_of(secret: str) -> bytes:
    """The key in a `whsec_<base64>` secret, 24 to 64 bytes. Raises ValueError, which does not quote it."""
    encoded = secret.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"a Standard Webhooks secret is {PREFIX} and base64") from None
    if not 24 <= len(key) <= 64:
        raise ValueError(f"a Standard Webhooks secret has 24 to 64 bytes, this one {len(key)}")
    return key


def signature(key: bytes, delivery_id: bytes, timestamp: bytes, body: bytes) -> bytes:
    """The signature with its version, as it stands in the header."""
    digest = hmac.digest(key, b".".join((delivery_id, timestamp, body)), "sha256")
    return b"v1," + base64.b64encode(digest)


def verify(keys: Sequence[bytes], request: Signed, now: datetime, tolerance: timedelta) -> Verified | Refused:
    """Whether one of the keys signed the request around now."""
    delivery_id, timestamp = request.header(ID), request.header(TIMESTAMP)
    header = request.header(SIGNATURE)
    if not delivery_id or not timestamp or not header:
        return Refused("header_missing")
    verdict = check_time(timestamp, _SECOND, now, tolerance)
    if isinstance(verdict, Refused):
        return verdict
    given = [part for part in header.split(b" ") if part.startswith(b"v1,")]
    if not given:
        return Refused("header_malformed")
    expected = [signature(key, delivery_id, timestamp, request.body) for key in keys]
    return verdict if matches(expected, given) else Refused("mismatch")
