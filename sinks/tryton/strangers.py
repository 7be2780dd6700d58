"""What people changed in a customer since the line last saw it: it is not written over. Pure.

The line hears of such a change from the poll, and decides then who wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.records import CustomerUpsert
from sinks.tryton import party
from sinks.tryton.rows import writer_of

Row = Mapping[str, Any]
#: A body's field -> the name that `party.held` gives it.
_HELD = {
    "name": "name",
    "street": "street",
    "city": "city",
    "postal_code": "postal code",
    "country": "country",
    "tax_id": "tax id",
    "email": "email",
    "phone": "phone",
}


def spare(row: Row, body: CustomerUpsert, expects: CustomerUpsert | None, user: int | None) -> CustomerUpsert:
    """The body with what others changed left as it is. `expects` is what the ERP was believed to hold."""
    if expects is None:
        return body
    held, kept = party.held(row), {}
    for field, name in _HELD.items():
        now, wanted = held[name], getattr(body, field)
        if _plain(now) in (_plain(wanted), _plain(getattr(expects, field))) or not now:
            continue
        if user is not None and _writer(row, field) != user:
            kept[field] = now
    return body.model_copy(update=kept)


def _writer(row: Row, field: str) -> int | None:
    """The last writer of the row that holds the field."""
    if field == "name":
        return writer_of(row)
    if field in ("email", "phone"):
        found = party.first_contact(row["contact_mechanisms."], field)
    elif field == "tax_id":
        found = party.own_tax(row["identifiers."]) or {}
    else:
        found = next(iter(row["addresses."]), {})
    return writer_of(found) if found else None


def _plain(value: Any) -> str:
    """Letters and digits alone: how a number or an address is set apart is no change."""
    return "".join(letter for letter in str(value or "").casefold() if letter.isalnum())
