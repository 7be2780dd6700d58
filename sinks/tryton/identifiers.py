"""Whose is a party? The identifiers by which we and the CRM know it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
#: A tax id is kept as an identifier of no type with this before it: the typed ones are checked by national rules.
TAX_PREFIX = "TAX:"


def crm_id_of(identifiers: Sequence[Row]) -> str | None:
    """The CRM's id: the first identifier that has no type and is not our tax id."""
    return next((str(row["code"]) for row in identifiers if not row["type"] and not is_tax(row)), None)


def is_tax(identifier: Row) -> bool:
    """Whether we wrote it as the account's tax id."""
    return not identifier["type"] and str(identifier["code"]).startswith(TAX_PREFIX)


def tax_id_of(identifiers: Sequence[Row]) -> str | None:
    """The tax id that we wrote, else the first identifier that has a type."""
    own = next((str(row["code"]).removeprefix(TAX_PREFIX) for row in identifiers if is_tax(row)), None)
    return own or next((str(row["code"]) for row in identifiers if row["type"]), None)
