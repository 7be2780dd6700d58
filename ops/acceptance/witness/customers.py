"""Accounts and leads beside the ERP's customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ops.acceptance.witness.found import Compared, Found, Row, Sides, by, pairs


def customers(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL1: each account is a customer once, with its name, address, contacts and tax id, under one code."""
    parties = by(sides.erp["customers"], "crm_id")
    for account in sides.crm["accounts"]:
        here = parties.pop(account["id"], [])
        party = found.only(f"account {account['id']} is a customer", here, True, "it is an account")
        if party is not None:
            yield from pairs("FL1", account["id"], person(account, party))
    found.unexplained += [f"customer {key} is in the ERP, and no account in the CRM" for key in parties]


def person(row: Row, party: Row) -> dict[str, tuple[Any, Any]]:
    """Who an account or a lead is, and who the customer."""
    place = party["addresses"][0] if party["addresses"] else {}
    contacts = {one["type"]: one["value"] for one in reversed(party["contact_mechanisms"])}
    tax = [one["code"] for one in party["identifiers"] if one["code"] != row["id"]]
    return {
        "name": (row["name"], party["name"]),
        "customer code": (row["erp_customer_code"], party["code"]),
        "street": (row["street"], place.get("street")),
        "city": (row["city"], place.get("city")),
        "postal code": (row["postal_code"], place.get("postal_code")),
        "country": (row["country"], place.get("country")),
        "email": (row["email"], contacts.get("email")),
        "telephone": (_digits(row["phone"]), _digits(contacts.get("phone"))),
        "tax id": (_number(row["tax_id"], row), _number(tax[0].partition(":")[2] if tax else None, row)),
    }


def terms(sides: Sides, found: Found) -> Iterator[Compared]:
    """FL2: what a clerk entered in the ERP is there, and in the CRM; of every other account neither has anything."""
    entered = {row["account_id"]: row for row in sides.said["terms"]}
    parties = {row["crm_id"]: row for row in sides.erp["customers"]}
    for account in sides.crm["accounts"]:
        party = parties.get(account["id"])
        if party is None:
            continue
        said = entered.get(account["id"], {"terms": None, "active": True})
        flow = "FL2" if account["id"] in entered else "FL1"
        fields = {
            "payment terms": (account["payment_terms"], party["terms"]),
            "status": (account["erp_status"], None if party["active"] else "inactive"),
            "payment terms as entered": (said["terms"], party["terms"]),
            "status as entered": (said["active"], party["active"]),
        }
        yield from pairs(flow, account["id"], fields)


def _digits(text: str | None) -> str:
    return "".join(char for char in text or "" if char.isdigit())


def _number(text: str | None, row: Row) -> str:
    """A tax number without what sets it apart, and without the country's code, which some countries write before it."""
    plain = "".join(char for char in text or "" if char.isalnum()).upper()
    return plain.removeprefix((row["country"] or "").upper())
