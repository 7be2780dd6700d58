"""The ERP's rows as the bodies of changes. Pure.

The field lists ask for everything a body needs in one call; `a.b` comes under the key "a.", as one row or a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sinks.tryton.identifiers import crm_id_of, tax_id_of
from streams.runtime.clock import micros

if TYPE_CHECKING:
    from sinks.tryton import changes

Row = Mapping[str, Any]
_DATES = ("write_date", "create_date")
_OWN = (*_DATES, "write_uid", "create_uid")
_COUNTERPART = ("party.code", "party.identifiers.type", "party.identifiers.code")


@dataclass(frozen=True, slots=True)
class Model:
    """A record type that is watched. A write to one of its `children` is a change of the record, too."""

    name: str  #: as in `schemas.topics.ERP_CHANGES`
    record: str
    children: tuple[str, ...]
    fields: tuple[str, ...]
    body: Callable[[Row], Any]
    only: tuple[tuple[str, str, Any], ...] = ()  #: further conditions, in the ERP's notation

    @property
    def stamps(self) -> tuple[str, ...]:
        """The fields that tell when the record was written."""
        return (*_DATES, *(f"{child}.{name}" for child in self.children for name in _DATES))


def version_of(row: Row) -> int:
    """The newest write among the record and the children that were read with it, in microseconds."""
    newest = _written(row)
    for name, children in row.items():
        if name.endswith(".") and isinstance(children, list):
            newest = max([newest, *(_written(child) for child in children)])
    return newest


def writer_of(row: Row) -> int | None:
    """The id of the user who wrote the record itself last."""
    user: int | None = row["write_uid"] if row["write_uid"] is not None else row["create_uid"]
    return user


def _written(row: Row) -> int:
    moment = row.get("write_date") or row.get("create_date")
    return 0 if moment is None else micros(moment)


def party_body(row: Row) -> changes.Party:
    identifiers = row["identifiers."]
    return {
        "code": row["code"],
        "name": row["name"],
        "crm_id": crm_id_of(identifiers),
        "active": bool(row["active"]),
        "identifiers": [{"type": row["type"], "code": row["code"]} for row in identifiers],
        "tax_id": tax_id_of(identifiers),
        "address": _address(row["addresses."]),
        "email": _mechanism(row["contact_mechanisms."], "email"),
        "phone": _mechanism(row["contact_mechanisms."], "phone"),
        "payment_terms": (row["customer_payment_term."] or {}).get("name"),
    }


def sale_body(row: Row) -> changes.Sale:
    return {
        "number": row["number"],
        "state": row["state"],
        "reference": row["reference"],
        "currency": row["currency."]["code"],
        "total_amount": decimal_text(row["total_amount"]),
        "party": _counterpart(row["party."]),
        "lines": [
            {
                "sku": (line["product."] or {}).get("code") or "",
                "quantity": decimal_text(line["quantity"]),
                "unit_price": decimal_text(line["unit_price"]),
                "amount": decimal_text(line["amount"]),
            }
            for line in row["lines."]
            if line["type"] == "line"
        ],
    }


def invoice_body(row: Row) -> changes.Invoice:
    due = [line["maturity_date"] for line in row["lines_to_pay."] if line["maturity_date"]]
    return {
        "number": row["number"],
        "state": row["state"],
        "currency": row["currency."]["code"],
        "total_amount": decimal_text(row["total_amount"]),
        "amount_to_pay": decimal_text(row["amount_to_pay"]),
        "invoice_date": date_text(row["invoice_date"]),
        "due_date": date_text(max(due, default=None)),
        "time_zone": (row.get("company.") or {}).get("timezone"),
        "reference": row["reference"],
        "sales": [
            {"erp_id": str(sale["id"]), "number": sale["number"], "reference": sale["reference"]}
            for sale in row["sales."]
        ],
        "party": _counterpart(row["party."]),
    }


# -- parts


def decimal_text(value: Decimal | int | None) -> str:
    """A decimal in plain digits, as it stands; None is "0"."""
    return format(Decimal(value or 0), "f")


def date_text(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _counterpart(party: Row) -> changes.Counterpart:
    return {"erp_id": str(party["id"]), "code": party["code"], "crm_id": crm_id_of(party["identifiers."])}


def _address(rows: Sequence[Row]) -> changes.Address | None:
    if not rows:
        return None
    row = rows[0]
    return {
        "street": row["street"],
        "city": row["city"],
        "postal_code": row["postal_code"],
        "country": (row["country."] or {}).get("code"),
        "subdivision": (row["subdivision."] or {}).get("code"),
    }


def _mechanism(rows: Sequence[Row], kind: str) -> str | None:
    return next((row["value"] for row in rows if row["type"] == kind), None)


PARTY = Model(
    "party",
    "party.party",
    ("identifiers", "addresses", "contact_mechanisms"),
    (
        *_OWN,
        "code",
        "name",
        "active",
        "identifiers.type",
        "identifiers.code",
        "addresses.street",
        "addresses.city",
        "addresses.postal_code",
        "addresses.country.code",
        "addresses.subdivision.code",
        "contact_mechanisms.type",
        "contact_mechanisms.value",
        "customer_payment_term.name",
    ),
    party_body,
    (("active", "in", [True, False]),),
)
SALE = Model(
    "sale",
    "sale.sale",
    ("lines",),
    (
        *_OWN,
        *_COUNTERPART,
        "number",
        "state",
        "reference",
        "currency.code",
        "total_amount",
        "lines.type",
        "lines.product.code",
        "lines.quantity",
        "lines.unit_price",
        "lines.amount",
    ),
    sale_body,
)
INVOICE = Model(
    "invoice",
    "account.invoice",
    ("lines", "payment_lines"),
    (
        *_OWN,
        *_COUNTERPART,
        "number",
        "state",
        "reference",
        "currency.code",
        "total_amount",
        "amount_to_pay",
        "invoice_date",
        "lines_to_pay.maturity_date",
        "company.timezone",
        "sales.number",
        "sales.reference",
        "lines.origin",
    ),
    invoice_body,
    (("type", "=", "out"),),
)
MODELS = (PARTY, SALE, INVOICE)
