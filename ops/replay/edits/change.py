"""A record with some of its fields changed, checked as any record that arrives. Pure but for the codec."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ops.cases.errors import BadAsk
from ops.cases.masking import masked
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.contracts.check import checked
from schemas.contracts.tell import model_faults, violation_text
from schemas.records import Command, Stamped, Travelling
from schemas.topics import BY_NAME
from sinks.fingerprint import body_of

Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edited:
    """The new bytes. `before` and `after`: field -> value, personal data masked."""

    value: bytes
    account_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def plain_of(topic: str, value: bytes | None, codec: Codec) -> Plain:
    """The record as JSON values. Raises BadAsk where its fields cannot be changed here."""
    return _read(topic, value, codec).model_dump(mode="json")


def edited(topic: str, value: bytes | None, changes: Mapping[str, Any], codec: Codec) -> Edited:
    """The record with each dotted field set to its new value. Raises BadAsk with the field and what is wrong."""
    record = _read(topic, value, codec)
    before = record.model_dump(mode="json")
    after = deepcopy(before)
    for path, wanted in changes.items():
        put(after, path, wanted)
    fresh = _checked(type(record), after)
    now = fresh.model_dump(mode="json")
    if now == before:
        raise BadAsk("that changes nothing")
    shown_before, shown_after = masked(before, topic), masked(now, topic)
    return Edited(
        codec.encode(BY_NAME[topic], fresh),
        fresh.meta.account_id if isinstance(fresh, Stamped) else str(now.get("account_id", "")),
        {path: get(shown_before, path) for path in changes},
        {path: get(shown_after, path) for path in changes},
    )


def get(record: Plain, path: str) -> Any:
    """The value at a dotted path; numbers count the items of a list, from 0. Raises BadAsk."""
    found: Any = record
    for part in path.split("."):
        found = _step(found, part, path)
    return found


def put(record: Plain, path: str, value: Any) -> None:
    """Set the value there. Raises BadAsk where there is no such field."""
    way, _, last = path.rpartition(".")
    inner: Any = get(record, way) if way else record
    _step(inner, last, path)
    inner[int(last) if isinstance(inner, list) else last] = value


def _step(found: Any, part: str, path: str) -> Any:
    if isinstance(found, dict) and part in found:
        return found[part]
    if isinstance(found, list) and part.isdecimal() and int(part) < len(found):
        return found[int(part)]
    known = sorted(found) if isinstance(found, dict) else f"{len(found)} items" if isinstance(found, list) else "none"
    raise BadAsk(f"there is no field {path!r}: {part!r} is not among {known}")


def _read(topic: str, value: bytes | None, codec: Codec) -> Travelling:
    known = BY_NAME.get(topic)
    record = known.record if known is not None else None
    if known is None or record is None or known.readers == ("normalise",):
        raise BadAsk(f"records of {topic} are as their source wrote them: correct them there")
    try:
        return codec.read(value, record)
    except (Undecodable, ContractViolation) as error:
        raise BadAsk(f"the record cannot be read, so no field can be set: {error}") from error


def _checked(model: type[Travelling], plain: Plain) -> Travelling:
    """As if it had arrived: the model, the contract, and for a command that it has its one body."""
    try:
        fresh = model.model_validate_json(json.dumps(plain))
        if isinstance(fresh, Command):
            body_of(fresh)
    except ValidationError as error:
        faults = model_faults(error.errors(include_url=False, include_context=False))
        raise BadAsk(violation_text(model.__name__, faults)) from error
    except ValueError as error:
        raise BadAsk(str(error)) from error
    judged = checked(fresh) if isinstance(fresh, Stamped) else fresh
    if isinstance(judged, ContractViolation):
        raise BadAsk(str(judged))
    return fresh
