"""A record's faults in words: field, rule, value and whose data it is. Personal data is never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from schemas.contracts.load import Catalogue, contracts
from schemas.contracts.model import Part

_MOST = 5  # faults that one message tells
_LONGEST = 80  # characters of one value


def violation_text(record: str, faults: Iterable[tuple[str, str, Any, str]]) -> str:
    """One sentence for a record's faults, each (dotted field, what is wrong, value, rule); the first five are told."""
    catalogue = contracts()
    part = catalogue.of_record(record) or catalogue.parts.get(record)
    told = list(islice(faults, _MOST + 1))
    words = [_fault(catalogue, part, *fault) for fault in told[:_MOST]]
    if len(told) > _MOST:
        words.append("and more")
    contract = catalogue.of_record(record)
    whose = f"; contract {contract.id} v{contract.version}, owner {contract.owner}" if contract else ""
    return f"{record}: {'; '.join(words)}{whose}"


def model_faults(errors: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, Any, str]]:
    """The faults that pydantic found: the type says what is wrong, so it is the rule."""
    return [
        (".".join(str(part) for part in error["loc"]), error["msg"], error["input"], error["type"]) for error in errors
    ]


def masked(catalogue: Catalogue, part: Part | None, field: str, value: Any) -> str:
    """The value as a message may show it. Tagged fields, unknown fields and whole records are told by kind and size."""
    path = ".".join(name for name in field.split(".") if not name.isdecimal())
    tag = catalogue.flat_pii(part).get(path, "") if part is not None else ""
    if value is None or isinstance(value, bool):
        return repr(value)
    known = part is None or path in catalogue.flat(part)
    if isinstance(value, str) and known and not tag:
        return repr(value[:_LONGEST])
    if isinstance(value, int | float | Decimal | date) and known and not tag:
        return str(value)[:_LONGEST] if isinstance(value, Decimal | date) else repr(value)[:_LONGEST]
    size = f", {len(value)} characters" if isinstance(value, str) and value else ", empty" if value == "" else ""
    return f"<{tag or type(value).__name__}{size}>"


def _fault(catalogue: Catalogue, part: Part | None, field: str, problem: str, value: Any, rule: str) -> str:
    return f"{field}: {problem} [{rule}] (is {masked(catalogue, part, field, value)})"
