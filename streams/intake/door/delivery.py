"""By what a sender's retry is recognised: the delivery id of each source. Pure."""

from __future__ import annotations

import json
import re
from hashlib import sha256

from streams.intake.document import Document
from streams.intake.door.signatures import standard
from streams.intake.door.signatures.verdict import Signed

#: An id is a key on a topic and in a table: printable ASCII, at most 128 characters.
_USABLE = re.compile(r"[\x21-\x7e]{1,128}")
_HUBSPOT_IDENTITY = ("portalId", "subscriptionId", "eventId", "objectId", "occurredAt")


def _usable(found: object) -> str | None:
    return found if isinstance(found, str) and _USABLE.fullmatch(found) else None


def standard_delivery_id(request: Signed, document: Document) -> str | None:
    """The header `webhook-id`: the sender keeps it over retries, and it is signed."""
    return _usable((request.header(standard.ID) or b"").decode("latin-1"))


def stripe_delivery_id(request: Signed, document: Document) -> str | None:
    """The event's `id`, in the body."""
    return _usable(document.get("id")) if isinstance(document, dict) else None


def hubspot_delivery_id(request: Signed, document: Document) -> str | None:
    """A hash over what identifies the events of the body, in any order: a retry raises their `attemptNumber`.

    `eventId` alone is not unique. Events that lack a part of the identity could be taken for each other, so a
    body with such an event is identified by its own bytes.
    """
    events = document if isinstance(document, list) else []
    if events and all(isinstance(event, dict) and _identified(event) for event in events):
        parts = sorted(json.dumps([event[name] for name in _HUBSPOT_IDENTITY], default=str) for event in events)
        return "hse-" + sha256("\n".join(parts).encode()).hexdigest()
    return "hsb-" + sha256(request.body).hexdigest()


def _identified(event: dict[str, object]) -> bool:
    return all(isinstance(event.get(name), int | str) for name in _HUBSPOT_IDENTITY)
