"""What to ask of Tryton, as calls. Pure: ids and values in, method and parameters out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sinks.tryton.rows import Model

#: What we read of a party, a sale. `a.b` reads a field of the record behind a link, under the key "a.".
WRITERS = ("write_uid", "create_uid")
PARTY_FIELDS = (
    "name",
    "code",
    "_timestamp",
    "identifiers.type",
    "identifiers.code",
    "addresses.street",
    "addresses.city",
    "addresses.postal_code",
    "addresses.country.code",
    "addresses.subdivision.code",
    "contact_mechanisms.type",
    "contact_mechanisms.value",
    *(f"{child}{name}" for child in ("", "addresses.", "contact_mechanisms.", "identifiers.") for name in WRITERS),
)
SALE_FIELDS = (
    "number",
    "state",
    "reference",
    "description",
    "_timestamp",
    "currency.code",
    "total_amount",
    "party.code",
    "party.identifiers.type",
    "party.identifiers.code",
    "lines.type",
    "lines.product.code",
    "lines.quantity",
    "lines.unit_price",
    "lines.amount",
    "invoices",
)
#: What we read of an invoice or credit note of ours.
CORRECTION_FIELDS = (
    "number",
    "state",
    "reference",
    "description",
    "_timestamp",
    "currency.code",
    "total_amount",
    "party.code",
    "party.identifiers.type",
    "party.identifiers.code",
    "lines.type",
)
_ANY = ["active", "in", [True, False]]


@dataclass(frozen=True, slots=True)
class Call:
    """One call; the client adds the context, and to it `around`. `lock`: record -> the timestamp it must still have."""

    method: str
    params: Sequence[Any] = ()
    writes: bool = False
    lock: Mapping[str, str] = field(default_factory=dict)
    around: Mapping[str, Any] = field(default_factory=dict)


def search(model: str, domain: Sequence[Any], fields: Sequence[str], limit: int | None = None) -> Call:
    """Records with their fields, oldest first."""
    return Call(f"model.{model}.search_read", [list(domain), 0, limit, [["id", "ASC"]], list(fields)])


def _inactive_too(call: Call) -> Call:
    """The ERP adds "is active" to each alternative of a domain, whatever is said beside it, unless told not to."""
    return replace(call, around={**call.around, "active_test": False})


def create(model: str, values: Mapping[str, Any]) -> Call:
    return Call(f"model.{model}.create", [[dict(values)]], writes=True)


def write(model: str, record_id: int, values: Mapping[str, Any], timestamp: str) -> Call:
    """Refused with ConcurrencyException when the record was changed since `timestamp` was read."""
    lock = {f"{model},{record_id}": timestamp}
    return Call(f"model.{model}.write", [[record_id], dict(values)], writes=True, lock=lock)


def delete(model: str, record_id: int) -> Call:
    return Call(f"model.{model}.delete", [[record_id]], writes=True)


def step(record_id: int, name: str) -> Call:
    """A step of a sale's way: quote, confirm, process."""
    return Call(f"model.sale.sale.{name}", [[record_id]], writes=True)


def ping() -> Call:
    """Something small that needs the server and its database."""
    return search("currency.currency", [], ["code"], 1)


def parties(crm_id: str, code: str | None) -> Call:
    """The party of a CRM account, by the account's id or by the code reserved for it; inactive ones, too."""
    by_id = [["identifiers.code", "=", crm_id]]
    domain = ["OR", by_id, [["code", "=", code]]] if code else by_id
    return _inactive_too(search("party.party", [domain], PARTY_FIELDS))


def party_by_id(record_id: int) -> Call:
    return search("party.party", [["id", "=", record_id], _ANY], PARTY_FIELDS)


def sales(reference: str) -> Call:
    """All sales of an opportunity: there should be one, but the ERP does not see to it."""
    return search("sale.sale", [["reference", "=", reference]], SALE_FIELDS)


def corrections(reference: str) -> Call:
    """All customer invoices and credit notes with our reference: there should be one."""
    mine = [["reference", "=", reference], ["type", "=", "out"]]
    return search("account.invoice", mine, CORRECTION_FIELDS)


def post(invoice_id: int) -> Call:
    return Call("model.account.invoice.post", [[invoice_id]], writes=True)


def receivable(party_id: int) -> Call:
    """The account that the customer's invoices are booked on, where the customer has one of its own."""
    return Call("model.party.party.read", [[party_id], ["account_receivable"]])


def default_accounts() -> Call:
    """The accounts for whom and what has none of its own."""
    names = ["default_account_receivable", "default_category_account_revenue"]
    return Call("model.account.configuration.read", [[1], names])


def revenue_journal() -> Call:
    return search("account.journal", [["type", "=", "revenue"]], ["code"], 1)


def sale_state(record_id: int) -> Call:
    return search("sale.sale", [["id", "=", record_id]], ["state", "number"])


def products(skus: Sequence[str]) -> Call:
    return search("product.product", [["code", "in", sorted(set(skus))]], ["code", "sale_uom", "salable"])


def all_product_codes() -> Call:
    return search("product.product", [["salable", "=", True]], ["code"], 5000)


def countries() -> Call:
    return search("country.country", [], ["code"])


def subdivisions(country: str, state: str) -> Call:
    """By ISO 3166-2 code, given whole or without the country, or by name."""
    codes = [state.upper(), f"{country}-{state}".upper()]
    named = ["OR", [["code", "in", codes]], [["name", "=", state]]]
    return search("country.subdivision", [["country.code", "=", country], named], ["code"], 1)


def currencies() -> Call:
    return search("currency.currency", [], ["code"])


def payment_terms() -> Call:
    return search("account.invoice.payment_term", [], ["name"])


def changed_since(model: Model, since: datetime) -> Call:
    """When each record was written that was written at or after `since`, or has such a child."""
    dates = [
        f"{prefix}{name}"
        for prefix in ("", *(f"{c}." for c in model.children))
        for name in ("write_date", "create_date")
    ]
    domain = [*map(list, model.only), ["OR", *([[name, ">=", since]] for name in dates)]]
    return _inactive_too(search(model.record, domain, model.stamps))


def records(model: Model, ids: Sequence[int]) -> Call:
    """The records with all that a change tells."""
    return search(model.record, [*map(list, model.only), ["id", "in", list(ids)]], [*model.fields, *model.stamps])


def users(ids: Sequence[int]) -> Call:
    """Logins, of those whom the ERP shows us."""
    return search("res.user", [["id", "in", list(ids)], _ANY], ["login"])
