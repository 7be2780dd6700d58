"""Currencies to ISO 4217. Money is never read from a name or a sign: those are only suggested."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pycountry

from schemas.contracts.rules import code_list
from streams.standards.answer import Answer, Standard, Unreadable
from streams.standards.text import first_distinct, folded, nearest

_PROBLEM = "must be an ISO 4217 currency code"
#: What is meant by a sign, most traded first.
_SIGNS: dict[str, tuple[str, ...]] = {
    "$": ("USD", "CAD", "AUD"),
    "US$": ("USD",),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "₹": ("INR",),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "zł": ("PLN",),
    "kr": ("SEK", "NOK", "DKK"),
    "Fr.": ("CHF",),
    "R$": ("BRL",),
}


def standardise_currency(text: str) -> Answer:
    """The code in capitals: ` eur ` -> EUR. `Euro` and `$` are unreadable, with what they may mean."""
    code = text.strip().upper()
    if code in code_list("currencies"):
        return Standard(code)
    signs = _SIGNS.get(text.strip())
    if signs is not None:
        return Unreadable(_PROBLEM, signs)
    name, names = folded(text), _names()
    codes = first_distinct(names[near] for near in nearest(name, names)) if name else ()
    return Unreadable(_PROBLEM, codes)


@cache
def _names() -> Mapping[str, str]:
    codes = code_list("currencies")
    known = [currency for currency in pycountry.currencies if currency.alpha_3 in codes]
    return {folded(one.name): one.alpha_3 for one in known} | {folded(one.alpha_3): one.alpha_3 for one in known}
