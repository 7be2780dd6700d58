"""What people do by hand to records that are in step, on either side, and what must come of it: the one table.

`ops/docs/damage.md` shows it to people; `test_damage_page.py` keeps the two the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from reconciler.rows import PairName

Row = Mapping[str, Any]
#: By whom it is put right: a command to that side, people, or nobody, as nothing is wrong.
Acts = Literal["erp", "crm", "people", "nobody"]


@dataclass(frozen=True)
class Damage:
    """`do` is SQL with %(key)s, or for a customer of the ERP what the ERP is told. `money` is ERP minus CRM.

    `suite`: tried in every run of the tests, as all of the CRM's are; the others with MESHLINE_LONG=1.
    """

    do: str | Callable[[Row], dict[str, Any]]
    pair: PairName
    kind: str | None
    fields: tuple[str, ...] = ()
    money: str | None = None
    acts: Acts = "people"
    suite: bool = False


# -- in the CRM's database: an account of a customer, and a won deal over 100.00 EUR with its order


def _deal(change: str) -> str:
    return f"update sales.opportunities set {change} where id = %(key)s"


def _account(change: str) -> str:
    return f"update sales.accounts set {change} where id = %(key)s"


_REMOVED_DEAL = "delete from sales.opportunities where id = %(key)s"
_REMOVED_ACCOUNT = "delete from sales.accounts where id = %(key)s"
_FIELD: Any = "field_mismatch"
_MERGED = _account("id = %(key)s || '-merged'")
IN_THE_CRM = {
    "a higher amount": Damage(_deal("amount = 150"), "opportunity", "total_mismatch", ("total",), "-50.00"),
    "a lower amount": Damage(_deal("amount = 99.99"), "opportunity", "total_mismatch", ("total",), "0.01"),
    "another currency": Damage(_deal("currency = 'USD'"), "opportunity", _FIELD, ("currency", "total")),
    "no longer won": Damage(_deal("stage = 'Closed Lost'"), "opportunity", _FIELD, ("stage",), "100.00"),
    "deal removed": Damage(_REMOVED_DEAL, "opportunity", "missing_in_crm", (), "100.00"),
    "another order number": Damage(
        _deal("erp_order_number = 'S-99'"), "opportunity", _FIELD, ("erp_order_number",), None, "crm"
    ),
    "backdated": Damage(
        _deal("updated_at = '2020-01-01', amount = 120"), "opportunity", "total_mismatch", ("total",), "-20.00",
    ),
    "account removed": Damage(_REMOVED_ACCOUNT, "account", "missing_in_crm"),
    "merged into another": Damage(_MERGED, "account", "missing_in_crm"),
    "another customer's code": Damage(_account("erp_customer_code = 'C-2'"), "account", _FIELD, ("erp_code",), None,
                                      "crm"),
    "renamed without a trace": Damage(
        _account("name = 'Beta', updated_by = 'meshline'"), "account", _FIELD, ("name",), None, "erp"
    ),
    "another city": Damage(_account("city = 'Bonn'"), "account", _FIELD, ("city",), None, "erp"),
    "name and code": Damage(_account("name = 'Beta', erp_customer_code = 'C-2'"), "account", _FIELD,
                            ("name", "erp_code")),
    "a street in other letters": Damage(_account("street = 'MAIN ST 1'"), "account", None, acts="nobody"),
}  # fmt: skip

# -- a customer in the ERP, as a person at its screen changes it


def _address(**values: Any) -> Callable[[Row], dict[str, Any]]:
    return lambda row: {"addresses": [["write", [row["addresses."][0]["id"]], values]]}


def _mechanism(kind: str, **values: Any) -> Callable[[Row], dict[str, Any]]:
    def found(row: Row) -> dict[str, Any]:
        mechanism = next(one["id"] for one in row["contact_mechanisms."] if one["type"] == kind)
        return {"contact_mechanisms": [["write", [mechanism], values]]}

    return found


def _tax(row: Row) -> dict[str, Any]:
    tax = next(one for one in row["identifiers."] if "123456789" in one["code"])
    return {"identifiers": [["write", [tax["id"]], {"code": tax["code"].replace("123456789", "987654321")}]]}


def _no_tax(row: Row) -> dict[str, Any]:
    tax = next(one["id"] for one in row["identifiers."] if "123456789" in one["code"])
    return {"identifiers": [["delete", [tax]]]}


def _everything(row: Row) -> dict[str, Any]:
    return {"name": "M", **_address(city="Bonn", street="x")(row), **_no_tax(row)}


def _customer(do: Callable[[Row], dict[str, Any]], *fields: str, suite: bool = False) -> Damage:
    return Damage(do, "account", _FIELD, fields, None, "erp", suite)


CUSTOMERS_IN_THE_ERP = {
    "another name": _customer(lambda _: {"name": "Mueller"}, "name"),
    "another street": _customer(_address(street="Nebenstr. 2"), "street"),
    "no street": _customer(_address(street=None), "street"),
    "another city": _customer(_address(city="Bonn"), "city"),
    "another postal code": _customer(_address(postal_code="50668"), "postal_code"),
    "no country": _customer(_address(country=None), "country"),
    "another tax id": _customer(_tax, "tax_id"),
    "no tax id": _customer(_no_tax, "tax_id"),
    "another e-mail address": _customer(_mechanism("email", value="other@mueller.example"), "email"),
    "another phone": _customer(_mechanism("phone", value="+49 221 2"), "phone"),
    "a street in other letters": Damage(_address(street="HAUPTSTR 1"), "account", None, acts="nobody", suite=True),
    "everything": _customer(_everything, "name", "tax_id", "street", "city", suite=True),
}

# -- a customer that is gone from the ERP, by SQL; %(other)s is the code of another account's customer

_PARTY = "(select id from party_party where code = %(code)s)"
_OTHER = "(select id from party_party where code = %(other)s)"
CUSTOMERS_GONE_FROM_THE_ERP = {
    "customer merged into another account's": Damage(
        f"update party_identifier set party = {_OTHER} where party = {_PARTY};"
        f" update party_party set active = false, replaced_by = {_OTHER} where code = %(code)s",
        "account", "missing_in_erp", acts="erp",
    ),
    "customer deleted": Damage(
        "delete from party_party where code = %(code)s", "account", "missing_in_erp", acts="erp"
    ),
}  # fmt: skip

# -- an order in the ERP over 2 x 480.00 and 3 x 20.00 = 1020.00 EUR, and its posted invoice, past every rule of the ERP

_ORDER = "from sale_sale sale where sale_line.sale = sale.id and sale.reference = %(key)s"
_OF_ORDER = "reference = %(key)s"
_BILL = (
    "(select line.invoice from account_invoice_line line join sale_line sold on line.origin = 'sale.line,' || sold.id"
    " join sale_sale sale on sale.id = sold.sale where sale.reference = %(key)s)"
)
_SECOND = "sale_line.id = (select max(one.id) from sale_line one where one.sale = sale_line.sale)"


def _sum(amount: int) -> str:
    return (
        f"; update sale_sale set total_amount_cache = {amount}, untaxed_amount_cache = {amount},"
        f" write_date = now() at time zone 'utc' where {_OF_ORDER}"
    )


def _bill(change: str) -> str:
    return f"update account_invoice set {change} where id in {_BILL}"


def _copy(table: str, where: str, **values: str) -> str:
    """A second row like the first, under a new id."""
    given = ", ".join(f"'{name}', {value}" for name, value in values.items())
    return (
        f"insert into {table} select made.* from {table} row, lateral jsonb_populate_record(row, jsonb_build_object("
        f"'id', nextval('{table}_id_seq'){', ' + given if given else ''})) made where {where}"
    )


_NEW_BILL = "currval('account_invoice_id_seq')"
_TWICE = (
    _copy("account_invoice", f"row.id in {_BILL}", number="'X-' || row.id", move="null", cancel_move="null")
    + "; "
    + _copy("account_invoice_line", f"row.invoice in {_BILL} and row.invoice <> {_NEW_BILL}", invoice=_NEW_BILL)
)
_BILLED: Any = "invoice"
ORDERS_IN_THE_ERP = {
    "a price raised": Damage(
        f"update sale_line set unit_price = 485 {_ORDER} and unit_price = 480{_sum(1030)}",
        "opportunity", "total_mismatch", ("total", "line SKU-001"), "10.00",
    ),
    "a price lowered by a cent": Damage(
        f"update sale_line set unit_price = 479.995 {_ORDER} and unit_price = 480; update sale_sale set"
        f" total_amount_cache = 1019.99, untaxed_amount_cache = 1019.99 where {_OF_ORDER}",
        "opportunity", "total_mismatch", ("total", "line SKU-001"), "-0.01",
    ),
    "a larger quantity": Damage(
        f"update sale_line set quantity = 3 {_ORDER} and unit_price = 480{_sum(1500)}",
        "opportunity", "total_mismatch", ("total", "line SKU-001"), "480.00",
    ),
    "a line removed": Damage(
        f"delete from sale_line using sale_sale sale where sale_line.sale = sale.id and sale.{_OF_ORDER}"
        f" and {_SECOND}{_sum(960)}",
        "opportunity", "total_mismatch", ("total", "line SKU-002"), "-60.00", suite=True,
    ),
    "a line more": Damage(
        _copy("sale_line", f"{_SECOND.replace('sale_line.', 'row.')} and row.sale = (select id from sale_sale where "
              f"{_OF_ORDER})") + _sum(1080),
        "opportunity", "total_mismatch", ("total", "line SKU-002"), "60.00",
    ),
    "another product": Damage(
        f"update sale_line set product = (select id from product_product where code = 'SKU-003') {_ORDER} and"
        " unit_price = 20",
        "opportunity", _FIELD, ("line SKU-002", "line SKU-003"),
    ),
    "another currency of the order": Damage(
        f"update sale_sale set currency = (select id from currency_currency where code = 'USD') where {_OF_ORDER}",
        "opportunity", _FIELD, ("currency", "total"),
    ),
    "order cancelled": Damage(
        f"update sale_sale set state = 'cancelled' where {_OF_ORDER}", "opportunity", _FIELD, ("state",), "-1020.00"
    ),
    "another number of the order": Damage(
        f"update sale_sale set number = 'S-by-hand' where {_OF_ORDER}", "opportunity", _FIELD,
        ("erp_order_number",), None, "crm",
    ),
    "order deleted": Damage(
        f"delete from sale_sale where {_OF_ORDER}", "opportunity", "missing_in_erp", (), "-1020.00", "erp", suite=True
    ),
    "order backdated": Damage(
        f"update sale_sale set write_date = '2020-01-01', create_date = '2020-01-01', sale_date = '2020-01-01',"
        f" total_amount_cache = 1000, untaxed_amount_cache = 1000 where {_OF_ORDER}",
        "opportunity", "total_mismatch", ("total",), "-20.00",
    ),
    "an invoice over more": Damage(
        _bill("total_amount_cache = 1120, untaxed_amount_cache = 1120"), _BILLED, "total_mismatch", ("total",),
        "100.00", suite=True,
    ),
    "an invoice over less": Damage(
        _bill("total_amount_cache = 1019.99"), _BILLED, "total_mismatch", ("total",), "-0.01"
    ),
    "another currency of the invoice": Damage(
        _bill("currency = (select id from currency_currency where code = 'USD')"), _BILLED, _FIELD, ("currency",)
    ),
    "an invoice twice": Damage(_TWICE, _BILLED, "duplicate", ("total",), "1020.00", suite=True),
    "an invoice backdated": Damage(
        _bill("invoice_date = '2020-01-01', write_date = '2020-01-01', total_amount_cache = 1010"),
        _BILLED, "total_mismatch", ("total",), "-10.00",
    ),
    "an invoice cancelled": Damage(_bill("state = 'cancelled'"), _BILLED, None, acts="nobody"),
}  # fmt: skip
EVERY = {
    "CRM": IN_THE_CRM,
    "ERP, customers": CUSTOMERS_IN_THE_ERP | CUSTOMERS_GONE_FROM_THE_ERP,
    "ERP, orders and invoices": ORDERS_IN_THE_ERP,
}
