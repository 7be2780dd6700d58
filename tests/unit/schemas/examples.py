"""One fixed record of every kind that travels, and Hypothesis strategies for any."""

from __future__ import annotations

import types
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st

from schemas.records import Travelling
from schemas.records.fields import AvroDecimal
from schemas.topics import TOPICS

#: Released after the first ones, in this order: golden bytes begin with their place in the list.
LATER = (
    "AuditEntry",
    "BillingHold",
    "Lead",
    "Notice",
    "Subscription",
    "SupportCase",
    "Certificate",
    "Charge",
    "Refund",
)
MODELS = sorted(
    {topic.record for topic in TOPICS if topic.record is not None},
    key=lambda model: (LATER.index(model.__name__) + 1 if model.__name__ in LATER else 0, model.__name__),
)
_MOMENT = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)


def example(model: type[Travelling]) -> Travelling:
    """Every field set, the same each time."""
    return model(**{name: _one(_annotated(field), name) for name, field in model.model_fields.items()})


def _annotated(field: Any) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _one(annotation: Any, name: str) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return "EUR" if any("[A-Z]" in str(mark) for mark in arguments[1:]) else _one(arguments[0], name)
    if origin in (Union, types.UnionType):
        return _one(arguments[0], name)
    if origin is list:
        return [_one(arguments[0], name)]
    if origin is Literal:
        return arguments[0]
    if isinstance(annotation, type) and issubclass(annotation, Travelling):
        return example(annotation)
    plain = {str: f"{name} é", bool: True, int: 7, bytes: b"\x00\xff", datetime: _MOMENT, date: date(2026, 1, 31)}
    return Decimal("12.5") if annotation is Decimal else plain[annotation]


def records(model: type[Travelling]) -> st.SearchStrategy[Travelling]:
    fields = {name: _any(_annotated(field)) for name, field in model.model_fields.items()}
    return st.builds(model, **fields)


def _any(annotation: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _marked(arguments[0], arguments[1:])
    if origin in (Union, types.UnionType):
        return st.none() | _any(arguments[0])
    if origin is list:
        return st.lists(_any(arguments[0]), max_size=3)
    if origin is Literal:
        return st.sampled_from(arguments)
    if isinstance(annotation, type) and issubclass(annotation, Travelling):
        return records(annotation)
    return {
        str: st.text(st.characters(codec="utf-8"), max_size=40),
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63 - 1),
        bytes: st.binary(max_size=60),
        datetime: st.datetimes(timezones=st.just(UTC)),
        date: st.dates(),
    }[annotation]


def _marked(inner: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    decimal = next((mark for mark in marks if isinstance(mark, AvroDecimal)), None)
    if decimal is not None:
        limit = 100 if decimal.precision == 5 else 10**13
        text = str(marks)
        least = Decimal(1).scaleb(-decimal.scale) if "Gt(" in text or "gt=0" in text else Decimal(0)
        low = least if any(word in text for word in ("Ge(", "ge=0", "Gt(", "gt=0")) else -limit
        return st.decimals(low, limit, places=decimal.scale)
    if "[A-Z]" in str(marks):
        return st.sampled_from(["EUR", "JPY", "KWD"])
    return st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
