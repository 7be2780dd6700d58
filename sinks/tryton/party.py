"""A customer as Tryton holds it: what to create, what to change, and what must read back. Pure.

The account's name and address are the CRM's. The code is the ERP's: it is given at first, and then left to those who
change it there. An email, phone or tax id that the CRM does not have is left to
the people who entered it in the ERP.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schemas.reasons import Reason
from schemas.records import CustomerUpsert
from sinks.errors import Refused
from sinks.port import Fields, Value
from sinks.tryton.identifiers import TAX_PREFIX, crm_id_of, is_tax

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """Ids of the address's country and subdivision in the ERP; None where it has none of that code."""

    country: int | None = None
    subdivision: int | None = None


def choose(rows: Sequence[Row], crm_id: str, code: str | None) -> Row | None:
    """The account's party among those that carry its id or its code. Raises Refused."""
    for row in rows:
        if crm_id_of(row["identifiers."]) == crm_id:
            return row
    for row in rows:
        if code is not None and row["code"] == code:
            other = crm_id_of(row["identifiers."])
            if other is None:
                return row
            raise Refused(
                Reason.ERP_REJECTED,
                f"the code {code} belongs to another customer in Tryton, that of CRM account {other}",
            )
    return None


def creation(body: CustomerUpsert, crm_id: str, place: Place) -> dict[str, Any]:
    """Values of a new party."""
    identifiers: list[dict[str, Any]] = [{"type": None, "code": crm_id}]
    if body.tax_id:
        identifiers.append(_tax(body.tax_id))
    mechanisms = [{"type": kind, "value": value} for kind, value in _contacts(body).items() if value]
    values: dict[str, Any] = {
        "name": body.name.strip(),
        "code": body.code,
        "identifiers": [["create", identifiers]],
        "addresses": [["create", [_address(body, place)]]],
    }
    if mechanisms:
        values["contact_mechanisms"] = [["create", mechanisms]]
    return values


def changes(row: Row, body: CustomerUpsert, crm_id: str, place: Place) -> dict[str, Any]:
    """Values that differ from what the party holds; empty when nothing does."""
    values: dict[str, Any] = {}
    if row["name"] != body.name.strip():
        values["name"] = body.name.strip()
    if not row["code"]:
        values["code"] = body.code
    for field, commands in {
        "identifiers": _identifier_changes(row["identifiers."], body, crm_id),
        "addresses": _address_changes(row["addresses."], body, place),
        "contact_mechanisms": _contact_changes(row["contact_mechanisms."], body),
    }.items():
        if commands:
            values[field] = commands
    return values


def code_of(row: Row | None, body: CustomerUpsert) -> str:
    """The customer's code: the one that the party has, else the reserved one."""
    return str((row or {}).get("code") or body.code)


def expected(body: CustomerUpsert, crm_id: str, place: Place, code: str) -> Fields:
    """What must read back after the write."""
    fields: dict[str, Value] = {
        "crm id": crm_id,
        "code": code,
        "name": body.name.strip(),
        "street": _stripped(body.street),
        "city": _stripped(body.city),
        "postal code": _stripped(body.postal_code),
    }
    if place.country is not None:
        fields["country"] = body.country
    if body.tax_id:
        fields["tax id"] = body.tax_id.strip()
    return fields | {kind: value for kind, value in _contacts(body).items() if value}


def held(row: Row) -> Fields:
    """The same view of what the party holds."""
    address: Row = next(iter(row["addresses."]), {})
    country: Row = address.get("country.") or {}
    tax = own_tax(row["identifiers."])
    return {
        "crm id": crm_id_of(row["identifiers."]),
        "code": row["code"],
        "name": row["name"],
        "street": address.get("street"),
        "city": address.get("city"),
        "postal code": address.get("postal_code"),
        "country": country.get("code"),
        "tax id": tax["code"].removeprefix(TAX_PREFIX) if tax else None,
        "email": first_contact(row["contact_mechanisms."], "email").get("value"),
        "phone": first_contact(row["contact_mechanisms."], "phone").get("value"),
    }


def body_of(row: Row) -> dict[str, Any]:
    """The body of a command that writes the party back as it is; what is empty is not emptied there (see above)."""
    fields = held(row)
    address: Row = next(iter(row["addresses."]), {})
    values: dict[str, Any] = {name.replace(" ", "_"): value for name, value in fields.items() if name != "crm id"}
    return values | {"state": (address.get("subdivision.") or {}).get("code")}


# -- parts


def _stripped(text: str | None) -> str | None:
    """Tryton cuts blanks off the ends of a text."""
    return (text or "").strip() or None


def _contacts(body: CustomerUpsert) -> dict[str, str | None]:
    return {"email": _stripped(body.email), "phone": _stripped(body.phone)}


def _tax(tax_id: str) -> dict[str, Any]:
    return {"type": None, "code": TAX_PREFIX + tax_id.strip()}


def own_tax(identifiers: Sequence[Row]) -> Row | None:
    """The identifier that holds the tax id which the CRM gave."""
    return next((row for row in identifiers if is_tax(row)), None)


def _address(body: CustomerUpsert, place: Place) -> dict[str, Any]:
    return {
        "street": _stripped(body.street),
        "city": _stripped(body.city),
        "postal_code": _stripped(body.postal_code),
        "country": place.country,
        "subdivision": place.subdivision,
    }


def _identifier_changes(rows: Sequence[Row], body: CustomerUpsert, crm_id: str) -> list[Any]:
    commands: list[Any] = []
    if crm_id_of(rows) is None:
        commands.append(["create", [{"type": None, "code": crm_id}]])
    own = own_tax(rows)
    if body.tax_id and own is None:
        commands.append(["create", [_tax(body.tax_id)]])
    elif body.tax_id and own is not None and own["code"] != _tax(body.tax_id)["code"]:
        commands.append(["write", [own["id"]], _tax(body.tax_id)])
    return commands


def _address_changes(rows: Sequence[Row], body: CustomerUpsert, place: Place) -> list[Any]:
    wanted = _address(body, place)
    if not rows:
        return [["create", [wanted]]]
    row = rows[0]
    now: dict[str, Any] = {name: _stripped(row[name]) for name in ("street", "city", "postal_code")}
    for name in ("country", "subdivision"):
        now[name] = (row[f"{name}."] or {}).get("id")
    changed = {name: value for name, value in wanted.items() if value != now[name]}
    return [["write", [row["id"]], changed]] if changed else []


def _contact_changes(rows: Sequence[Row], body: CustomerUpsert) -> list[Any]:
    commands: list[Any] = []
    for kind, value in _contacts(body).items():
        row = first_contact(rows, kind)
        if value and not row:
            commands.append(["create", [{"type": kind, "value": value}]])
        elif value and row["value"] != value:
            commands.append(["write", [row["id"]], {"value": value}])
    return commands


def first_contact(rows: Sequence[Row], kind: str) -> Row:
    """The first contact of a kind, an empty row where there is none."""
    return next((row for row in rows if row["type"] == kind), {})
