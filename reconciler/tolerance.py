"""Do two values agree, nearly agree, or differ? Pure."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from reconciler.transforms import READINGS, Reading

Agreement = Literal["equal", "within", "differ"]
#: What a field of a record may hold.
Value = str | Decimal | date | datetime | None
_HUNDRED = Decimal(100)


class Tolerance(BaseModel):
    """How far two values may lie apart. Each bound stands alone: it is enough to keep within one of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    absolute: Annotated[Decimal, Field(ge=0)] | None = None  #: in the field's own unit
    percent: Annotated[Decimal, Field(ge=0)] | None = None  #: of the CRM's value
    days: Annotated[int, Field(ge=0)] | None = None  #: calendar days
    text: Reading | None = None  #: equal when read this loosely


NONE = Tolerance()


def agree(crm: Value, erp: Value, tolerance: Tolerance = NONE) -> Agreement:
    """The values as they are read on each side. Values of two kinds differ."""
    if crm == erp:
        return "equal"
    if isinstance(crm, Decimal) and isinstance(erp, Decimal):
        return "within" if _near(crm, erp, tolerance) else "differ"
    if isinstance(crm, date) and isinstance(erp, date):
        apart = abs((_day(crm) - _day(erp)).days)
        return "within" if tolerance.days is not None and apart <= tolerance.days else "differ"
    if isinstance(crm, str) and isinstance(erp, str) and tolerance.text is not None:
        read = READINGS[tolerance.text]
        return "within" if read(crm) == read(erp) else "differ"
    return "differ"


def _near(crm: Decimal, erp: Decimal, tolerance: Tolerance) -> bool:
    apart = abs(erp - crm)
    if tolerance.absolute is not None and apart <= tolerance.absolute:
        return True
    return tolerance.percent is not None and apart * _HUNDRED <= abs(crm) * tolerance.percent


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
