"""Sign a delivery as its sender would: for the demo, for tests, and for trying a door by hand.

Each gives the headers to send with exactly these bytes. `content-type` is the caller's.
"""

from __future__ import annotations

from datetime import datetime

from streams.intake.door.signatures import hubspot, standard, stripe
from streams.intake.door.signatures.verdict import Signed
from streams.runtime.clock import micros


def sign_standard(secret: str, delivery_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks. The secret is `whsec_<base64>`."""
    timestamp = _seconds(now)
    signature = standard.signature(standard.key_of(secret), delivery_id.encode(), timestamp, body)
    return {
        standard.ID.decode(): delivery_id,
        standard.TIMESTAMP.decode(): timestamp.decode(),
        standard.SIGNATURE.decode(): signature.decode(),
    }


def sign_stripe(secret: str, body: bytes, now: datetime) -> dict[str, str]:
    """Stripe's header. The delivery's id is the event's, in the body."""
    timestamp = _seconds(now)
    signature = stripe.signature(stripe.key_of(secret), timestamp, body)
    return {stripe.SIGNATURE.decode(): f"t={timestamp.decode()},v1={signature.decode()}"}


def sign_hubspot(secret: str, url: str, body: bytes, now: datetime) -> dict[str, str]:
    """HubSpot's two headers for a POST to the door's public URL, path and query included."""
    timestamp = str(micros(now) // 1000).encode()
    signature = hubspot.signature(hubspot.key_of(secret), Signed((), body, url=url.encode()), timestamp)
    return {hubspot.SIGNATURE.decode(): signature.decode(), hubspot.TIMESTAMP.decode(): timestamp.decode()}


def _seconds(now: datetime) -> bytes:
    return str(micros(now) // 1_000_000).encode()
