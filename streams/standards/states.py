"""States and provinces to ISO 3166-2, each within its country."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pycountry

from streams.standards.answer import Answer, Standard, Unreadable
from streams.standards.text import first_distinct, folded, nearest, reference


def standardise_state(text: str, country: str | None) -> Answer:
    """The ISO 3166-2 code of a code or name in the country (alpha-2): CA, Calif., California -> US-CA.

    Unreadable without a country: WA is in the United States and in Australia.
    """
    if not country:
        return Unreadable("must stand with its country")
    names = _names(country)
    name = folded(text)
    if name in names:
        return Standard(names[name])
    found = first_distinct(names[near] for near in nearest(name, names)) if name else ()
    return Unreadable(f"must be a state or province of {country}, best as its ISO 3166-2 code", found)


@cache
def _names(country: str) -> Mapping[str, str]:
    """Folded name -> code. Codes come before names, and of a name that two have, the greater division's counts."""
    here = (part for part in pycountry.subdivisions if part.country_code == country)
    parts = sorted(here, key=lambda part: (_depth(part), part.code))
    found: dict[str, str] = {}
    for part in parts:
        found.setdefault(folded(part.code), part.code)
    for part in parts:
        found.setdefault(folded(part.code.partition("-")[2]), part.code)
    for code, names in reference("states")["variants"].get(country, {}).items():
        for name in names:
            found.setdefault(folded(name), f"{country}-{code}")
    fresh: dict[str, set[tuple[int, str]]] = {}
    for part in parts:
        for name in _spellings(part.name):
            fresh.setdefault(folded(name), set()).add((_depth(part), part.code))
    for name, named in fresh.items():
        highest = [code for depth, code in named if depth == min(named)[0]]
        if name and len(highest) == 1:
            found.setdefault(name, highest[0])
    return found


def _depth(part: pycountry.db.Data) -> int:
    return 1 if getattr(part, "parent_code", None) else 0


def _spellings(name: str) -> tuple[str, ...]:
    """`Bolzano, Südtirol` and `Catalunya [Cataluña]` name one division in two languages."""
    plain = name.replace("[", ",").replace("]", "").replace("/", ",")
    return (name, *(one.strip() for one in plain.split(",")))
