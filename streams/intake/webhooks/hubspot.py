"""HubSpot's webhook bodies: an array of events, each about one property of one object.

A company is the account `hs-<objectId>`. A property's change is a patch with just that property; an emptied one is
"" (None would mean: not told). HubSpot keeps no order between deliveries; inside one we sort by `occurredAt`, and
join the properties that one object got in the same millisecond.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.codec import ContractViolation
from schemas.records import Account, Operation
from streams.intake.document import Document
from streams.intake.webhooks.change import Found, Stamp, Unhandled, build, printable
from streams.intake.webhooks.fields import check_texts, required_text, shown

#: HubSpot's property -> the account's field.
PROPERTIES = {
    "name": "name",
    "domain": "domain",
    "phone": "phone",
    "address": "street",
    "city": "city",
    "zip": "postal_code",
    "state": "state",
    "country": "country",
}
#: The newer subscriptions name the object by a type id: `object.propertyChange` with `objectTypeId` 0-2.
_TYPE_IDS = {"0-1": "contact", "0-2": "company", "0-3": "deal"}
_OPERATIONS: dict[str, Operation] = {"creation": "patch", "propertyChange": "patch", "deletion": "delete"}
_WHY = {
    "deal": "a deal's event tells one property; an order needs the whole deal with its lines, and no flow reads it",
    "contact": "a contact's event does not tell its company",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_799_000  # the year 9999


@dataclass(slots=True)
class _Part:
    """What one or more events say of one company at one moment."""

    key: str
    operation: Operation
    occurred_at: datetime
    actor: str | None
    fields: dict[str, str] = field(default_factory=dict)


def changes(document: Document, stamp: Stamp) -> list[Found]:
    """What each event comes to, oldest first. A bad event is a ContractViolation among the others."""
    if not isinstance(document, list):
        raise ContractViolation("the body is an object, not an array of events")
    parts: dict[tuple[str, datetime, Operation], _Part] = {}
    others: list[Found] = []
    for index, event in enumerate(document):
        try:
            found = _read(event)
        except ContractViolation as error:
            others.append(ContractViolation(printable(f"event {index}: {error}")))
            continue
        if isinstance(found, Unhandled):
            others.append(found)
            continue
        known = parts.setdefault((found.key, found.occurred_at, found.operation), found)
        known.fields.update(found.fields)
    ordered = sorted(parts.values(), key=lambda part: part.occurred_at)
    return [_change(part, stamp) for part in ordered] + others


def _change(part: _Part, stamp: Stamp) -> Account | ContractViolation:
    try:
        return build(
            Account,
            lambda: stamp("account", part.key, part.key, part.operation, part.occurred_at, part.actor),
            {"id": part.key, **part.fields},
        )
    except ContractViolation as error:  # the other events of the body are sound
        return error


def _read(event: Any) -> _Part | Unhandled:
    if not isinstance(event, dict):
        raise ContractViolation(f"must be an object (is {shown(event)})")
    check_texts(event)
    kind = required_text(event, "subscriptionType")
    about, _, verb = kind.partition(".")
    if about == "object":
        about = _TYPE_IDS.get(str(event.get("objectTypeId")), "object")
    if about != "company":
        return Unhandled(printable(kind, 100), _WHY.get(about, "no flow takes this kind of object"))
    operation = _OPERATIONS.get(verb)
    if operation is None:
        return Unhandled(printable(kind, 100), "no flow takes this kind of change")
    part = _Part(f"hs-{_object_id(event)}", operation, _occurred_at(event), _actor(event))
    if verb != "propertyChange":
        return part
    name = required_text(event, "propertyName")
    if name not in PROPERTIES:
        return Unhandled(printable(kind, 100), f"the property {printable(name, 100)} is not kept in step")
    part.fields[PROPERTIES[name]] = _value(event, name)
    return part


def _value(event: Mapping[str, Any], name: str) -> str:
    value = event.get("propertyValue")
    text = "" if value is None else value
    if not isinstance(text, str):
        raise ContractViolation(f"propertyValue: must be a text (is {shown(value)})")
    if name == "name" and not text.strip():
        raise ContractViolation("propertyValue: a company's name cannot be emptied")
    return text


def _object_id(event: Mapping[str, Any]) -> int:
    value = event.get("objectId")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise ContractViolation(f"objectId: must be a positive whole number (is {shown(value)})")
    return value


def _occurred_at(event: Mapping[str, Any]) -> datetime:
    value = event.get("occurredAt")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_MS:
        raise ContractViolation(f"occurredAt: must be milliseconds since 1970 (is {shown(value)})")
    return _EPOCH + timedelta(milliseconds=value)


def _actor(event: Mapping[str, Any]) -> str | None:
    """`sourceId` names the user or the app, `changeSource` only the kind."""
    for name in ("sourceId", "changeSource"):
        value = event.get(name)
        if isinstance(value, str) and value:
            return value
    return None
