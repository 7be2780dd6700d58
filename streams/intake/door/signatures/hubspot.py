"""HubSpot's request signatures, version 3 (developers.hubspot.com, "Validating requests").

    X-HubSpot-Signature-v3: <base64>                     HMAC-SHA256 of method + URL + raw body + timestamp
    X-HubSpot-Request-Timestamp: <unix milliseconds>

The URL is the one that HubSpot called, so it comes from our settings and never from a header that a client sets.
Versions 1 and 2, which HubSpot sends too, carry no time and never count.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import unquote_to_bytes

from streams.intake.door.signatures.verdict import Refused, Signed, Verified, check_time, matches

SIGNATURE, TIMESTAMP = b"x-hubspot-signature-v3", b"x-hubspot-request-timestamp"
_MILLISECOND = timedelta(milliseconds=1)
#: What HubSpot decodes before it signs: : / ? @ ! $ ' ( ) * , ; and nothing else.
_DECODED = re.compile(rb"%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def key_of(secret: str) -> bytes:
    """The key: the app's client secret as text. Raises ValueError for an empty one."""
    if not secret.strip():
        raise ValueError("a HubSpot secret is not empty")
    return secret.encode()


def signed_url(url: bytes) -> bytes:
    """The URL in the form that is signed."""
    return _DECODED.sub(lambda found: unquote_to_bytes(found[0]), url)


def signature(key: bytes, request: Signed, timestamp: bytes) -> bytes:
    """The base64 signature of the request."""
    source = request.method + signed_url(request.url) + request.body + timestamp
    return base64.b64encode(hmac.digest(key, source, "sha256"))


def verify(keys: Sequence[bytes], request: Signed, now: datetime, tolerance: timedelta) -> Verified | Refused:
    """Whether one of the keys signed the request around now."""
    given, timestamp = request.header(SIGNATURE), request.header(TIMESTAMP)
    if not given or not timestamp:
        return Refused("header_missing")
    verdict = check_time(timestamp, _MILLISECOND, now, tolerance)
    if isinstance(verdict, Refused):
        return verdict
    expected = [signature(key, request, timestamp) for key in keys]
    return verdict if matches(expected, [given]) else Refused("mismatch")
