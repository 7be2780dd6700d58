"""Standard Webhooks bodies from a partner portal: `{"type": "account.updated", "timestamp": ..., "data": {...}}`.

`data` is the record's full state under our own field names. `updated_at` (RFC 3339 with a zone) is its version,
`updated_by` its actor; money, prices, quantities and percents are decimal texts. An opportunity carries its lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.codec import ContractViolation
from schemas.records import Account, Contact, Contract, Entity, Operation, Opportunity, Stamped
from streams.intake.document import Document
from streams.intake.webhooks.change import Change, Found, Stamp, Unhandled, build, printable
from streams.intake.webhooks.fields import check_texts, day, exact_decimal, moment, required_text, shown

_OPERATIONS: dict[str, Operation] = {"created": "create", "updated": "update", "deleted": "delete"}
#: Facts about the change; they go into the envelope, or nowhere.
_ENVELOPE = frozenset({"updated_at", "updated_by", "created_at"})


def changes(document: Document, stamp: Stamp) -> list[Found]:
    """The one change in the body. Raises ContractViolation that names the field."""
    if not isinstance(document, dict):
        raise ContractViolation("the body is an array, not an object with type and data")
    kind = required_text(document, "type")
    entity, _, verb = kind.partition(".")
    if entity not in _RECORDS or verb not in _OPERATIONS:
        return [Unhandled(printable(kind, 100), "the portal's contract has no such type")]
    data = document.get("data")
    if not isinstance(data, dict):
        raise ContractViolation(f"data: must be an object (is {shown(data)})")
    check_texts(data)
    return [_change(entity, _OPERATIONS[verb], data, stamp)]


def _change(entity: str, operation: Operation, data: Mapping[str, Any], stamp: Stamp) -> Change:
    name, model, fields_of = _RECORDS[entity]
    key = required_text(data, "id")
    account_id = key if name == "account" else _account_of(data, key, name)
    occurred_at, nanos = moment(data, "updated_at")
    actor = data.get("updated_by")
    if actor is not None and not isinstance(actor, str):
        raise ContractViolation(f"updated_by: must be a text (is {shown(actor)})")
    if model is Account and operation != "delete":
        required_text(data, "name")
    given = {field: value for field, value in data.items() if field not in _ENVELOPE}
    return build(
        model,
        lambda: stamp(name, key, account_id, operation, occurred_at, actor, nanos),
        fields_of(given),
    )


def _account_of(data: Mapping[str, Any], key: str, entity: Entity) -> str:
    """The account that a record belongs to. An opportunity without one goes by its own id until it has one."""
    if entity == "opportunity" and data.get("account_id") is None:
        return key
    return required_text(data, "account_id")


def _without_account(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name != "account_id"}


def _contract(given: dict[str, Any]) -> dict[str, Any]:
    fields = _without_account(given)
    if fields.get("signed_at") is not None:
        fields["signed_at"] = moment(fields, "signed_at")[0]
    return {**fields, "starts_on": day(fields, "starts_on"), "ends_on": day(fields, "ends_on")}


def _opportunity(given: dict[str, Any]) -> dict[str, Any]:
    fields = _without_account(given)
    lines = fields.get("lines")
    if not isinstance(lines, list):
        raise ContractViolation(f"lines: must be the array of all lines (is {shown(lines)})")
    if fields.setdefault("line_count", len(lines)) != len(lines):
        raise ContractViolation(f"line_count: {shown(fields['line_count'])}, but lines holds {len(lines)}")
    built = [_line(line, index) for index, line in enumerate(lines)]
    ids = [line["id"] for line in built]
    if len(set(ids)) != len(ids):
        raise ContractViolation("lines: two lines have the same id")
    return {
        **fields,
        "amount": exact_decimal(fields, "amount"),
        "close_date": day(fields, "close_date"),
        "lines": built,
    }


def _line(line: Any, index: int) -> dict[str, Any]:
    if not isinstance(line, dict):
        raise ContractViolation(f"lines[{index}]: must be an object (is {shown(line)})")
    try:
        decimals = {name: exact_decimal(line, name) for name in ("quantity", "unit_price", "discount_percent")}
        return {"position": index, **line, **decimals, "id": required_text(line, "id")}
    except ContractViolation as error:
        raise ContractViolation(f"lines[{index}].{error}") from None


_RECORDS: dict[
    str, tuple[Entity, type[Account | Contact | Contract | Opportunity], Callable[[dict[str, Any]], dict[str, Any]]]
] = {
    "account": ("account", Account, dict),
    "contact": ("contact", Contact, _without_account),
    "contract": ("contract", Contract, _contract),
    "opportunity": ("opportunity", Opportunity, _opportunity),
}
assert all(issubclass(model, Stamped) for _, model, _ in _RECORDS.values())
