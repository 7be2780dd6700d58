"""Accounts with their contacts and contracts, seeded. Pure."""

from __future__ import annotations

import itertools
from dataclasses import asdict
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from ops.demo.catalogue import BILLING_TERMS, COUNTRIES, Country
from ops.demo.records import Account, Write
from streams.standards import Standard, standardise_tax_id


def make_account(random: Random, account_id: str, number: int) -> Account:
    """An account somewhere; every country has its turn. What tells one company from another comes from the id alone:
    a day that is repeated brings other companies, or they would be taken for those of the first.
    """
    own = Random(account_id)
    country = COUNTRIES[number % len(COUNTRIES)]
    city, postal_code, state = random.choice(country.places)
    return Account(
        id=account_id,
        name=f"{random.choice(country.names)} {number} {country.legal_form}",
        domain=f"{account_id}.example",
        tax_id=tax_id_of(own, country),
        email=f"buchhaltung+{number}@{account_id}.example",
        phone=phone_of(own, country.phone),
        street=f"{random.choice(country.streets)} {random.randrange(1, 200)}",
        city=city,
        postal_code=postal_code,
        state=state,
        country=country.code,
        currency=country.currency,
    )


def tax_id_of(random: Random, country: Country) -> str:
    """A tax id that is valid in its country: `#` becomes some digit, `?` the check digits that fit."""
    while True:
        drawn = "".join(str(random.randrange(10)) if char == "#" else char for char in country.tax_id)
        for check in itertools.product("0123456789", repeat=drawn.count("?")):
            digits = iter(check)
            written = "".join(next(digits) if char == "?" else char for char in drawn)
            if isinstance(standardise_tax_id(written, country.code), Standard):
                return written


def phone_of(random: Random, prefix: str) -> str:
    return f"{prefix}{random.randrange(1000, 10000)}"


def prefix_of(account: Account) -> str:
    """What the account's phone numbers begin with."""
    return next(country.phone for country in COUNTRIES if country.code == account.country)


def account_row(account: Account) -> dict[str, Any]:
    return asdict(account)


def contact_of(random: Random, account: Account, contact_id: str) -> Write:
    country = next(country for country in COUNTRIES if country.code == account.country)
    values = {
        "account_id": account.id,
        "name": random.choice(country.people),
        "email": f"{contact_id}@{account.domain}",
        "phone": phone_of(random, country.phone),
    }
    return Write("insert", "contacts", contact_id, values)


def contract_row(random: Random, account: Account, contract_id: str, today: date) -> dict[str, Any]:
    """A framework contract that runs for the year."""
    return {
        "account_id": account.id,
        "reference": f"MSA-{contract_id}",
        "billing_terms": random.choice(BILLING_TERMS),
        "currency": account.currency,
        "signed_at": datetime(today.year, 1, 2, 9, 30, tzinfo=UTC),
        "starts_on": date(today.year, 1, 1),
        "ends_on": date(today.year, 12, 31),
    }
