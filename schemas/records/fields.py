"""The field types that records are made of, with what Avro needs to know about each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from pydantic import Field


@dataclass(frozen=True, slots=True)
class AvroDecimal:
    """Precision and scale of a decimal in Avro. Never changed once released: a JVM reader would read another amount."""

    precision: int
    scale: int


Money = Annotated[Decimal, AvroDecimal(18, 4), Field(max_digits=18, decimal_places=4)]
Price = Annotated[Decimal, AvroDecimal(18, 4), Field(max_digits=18, decimal_places=4, ge=0)]
Quantity = Annotated[Decimal, AvroDecimal(18, 3), Field(max_digits=18, decimal_places=3, gt=0)]
Percent = Annotated[Decimal, AvroDecimal(5, 2), Field(max_digits=5, decimal_places=2, ge=0, le=100)]
Rate = Annotated[Decimal, AvroDecimal(38, 18), Field(max_digits=38, decimal_places=18, gt=0)]
Identifier = Annotated[str, Field(min_length=1, max_length=128)]
CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
