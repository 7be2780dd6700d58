"""A delivery's body as its sender writes it. Pure: ids and the time are parameters."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from ops.demo.records import Delivery
from streams.runtime.clock import micros

_HUGE = 1024 * 1024


def body_of(delivery: Delivery, delivery_id: str, number: int, now: datetime) -> bytes:
    """The bytes to sign and send. `number` is unique in the run; some senders number their events."""
    if delivery.trouble == "malformed":
        return b'{"type": "account.created", "data": {'
    if delivery.trouble == "too_large":
        return json.dumps({"type": delivery.kind, "padding": "x" * _HUGE}).encode()
    changed_at = now - timedelta(seconds=delivery.age_s)
    match delivery.source:
        case "standard":
            data = {**delivery.data, "updated_at": changed_at.isoformat(), "updated_by": "portal"}
            return _json({"type": delivery.kind, "timestamp": now.isoformat(), "data": data})
        case "hubspot":
            return _json([_hubspot(delivery, number, changed_at)])
        case "stripe":
            body = {"id": f"evt_{delivery_id}", "object": "event", "type": delivery.kind}
            return _json({**body, "created": int(changed_at.timestamp()), "data": {"object": dict(delivery.data)}})


def _hubspot(delivery: Delivery, number: int, changed_at: datetime) -> dict[str, Any]:
    return {
        "eventId": number,
        "subscriptionId": 11,
        "portalId": 62515,
        "appId": 54321,
        "occurredAt": micros(changed_at) // 1000,
        "subscriptionType": "company.propertyChange",
        "attemptNumber": 0,
        "objectId": delivery.data["objectId"],
        "propertyName": delivery.kind,
        "propertyValue": delivery.data["value"],
        "changeSource": "CRM_UI",
        "sourceId": "userId:9",
    }


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode()
