"""The example of a record, from the examples of its fields. Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from schemas.contracts.load import Catalogue, contracts
from schemas.contracts.model import FieldTerms, Part


def example_of(record: str, catalogue: Catalogue | None = None) -> dict[str, Any]:
    """The record as Python values, as a decoder gives it; a list has one item. LookupError where nothing tells of it.

    A command has the first of its four bodies only, the one of the kind in its example.
    """
    known = catalogue or contracts()
    part: Part | None = known.of_record(record) or known.parts.get(record)
    if part is None:
        raise LookupError(f"no contract for {record}")
    bodies = [name for name, terms in part.fields.items() if terms.type.startswith("record") and not terms.required]
    return {
        name: None if name in bodies[1:] else _value(name, terms, part, known) for name, terms in part.fields.items()
    }


def _value(name: str, terms: FieldTerms, part: Part, catalogue: Catalogue) -> Any:
    if terms.nested is not None:
        inner = example_of(terms.nested, catalogue)
        if name == "meta":
            inner |= {"entity": part.id, "side": _side(part)} | ({} if _side(part) == "crm" else {"source": "poll:erp"})
            inner |= {"key": str(part.fields["id"].example)}
        return [inner] if terms.type.startswith("list") else inner
    return value_of(terms)


def _side(part: Part) -> str:
    return "erp" if "erp_id" in part.fields else "crm"


def value_of(terms: FieldTerms) -> Any:
    """The example of a plain field as a Python value. ValueError where it is none of its type."""
    example, kind = terms.example, terms.type
    if example is None:
        return None
    if kind == "timestamp":
        return datetime.fromisoformat(str(example))
    if kind == "date":
        return date.fromisoformat(str(example))
    if kind == "bytes":
        return str(example).encode()
    if not kind.startswith("decimal"):
        return example
    try:
        return Decimal(str(example))
    except ArithmeticError as error:
        raise ValueError(f"{example} is not a decimal") from error
