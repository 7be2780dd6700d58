"""Countries to ISO 3166-1 alpha-2, from codes and names in the languages that customers write in."""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from functools import cache

import pycountry

from schemas.contracts.rules import code_list
from streams.standards.answer import Answer, Standard, Unreadable
from streams.standards.text import first_distinct, folded, nearest, reference

_PROBLEM = "must be a country, best as its ISO 3166-1 alpha-2 code"


def standardise_country(text: str) -> Answer:
    """The alpha-2 code of a code or name: DE, deu, Germany, Deutschland, Allemagne, ドイツ -> DE.

    A name that two countries go by (Korea) is unreadable, with both as suggestions.
    """
    name = folded(text)
    ambiguous = reference("countries")["ambiguous"]
    if name in ambiguous:
        return Unreadable(f"{_PROBLEM}; this name is used for more than one", tuple(ambiguous[name]))
    code = _names().get(name)
    if code is not None:
        return Standard(code)
    return Unreadable(_PROBLEM, first_distinct(_names()[near] for near in nearest(name, _names())) if name else ())


@cache
def _names() -> Mapping[str, str]:
    """Folded name -> code. A name that another country has already is nobody's, unless it is an ISO name of one."""
    codes = code_list("countries")
    found: dict[str, str] = {}
    for names in (_variants(), _iso(), _translated()):
        fresh: dict[str, set[str]] = {}
        for code, name in names:
            if code in codes and (key := folded(name)):
                fresh.setdefault(key, set()).add(code)
        found |= {key: named.pop() for key, named in fresh.items() if len(named) == 1 and key not in found}
    return found


def _variants() -> Iterator[tuple[str, str]]:
    for code, names in reference("countries")["variants"].items():
        yield from ((code, name) for name in names)


def _iso() -> Iterator[tuple[str, str]]:
    for country in pycountry.countries:
        for field in ("alpha_2", "alpha_3", "name", "official_name", "common_name"):
            name = getattr(country, field, None)
            if name is not None:
                yield country.alpha_2, name
        yield from ((country.alpha_2, name) for name in _turned(country.name))


def _translated() -> Iterator[tuple[str, str]]:
    for language in reference("countries")["languages"]:
        table = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for country in pycountry.countries:
            names = {getattr(country, field, country.name) for field in ("name", "common_name")}
            for name in (table.gettext(name) for name in names):
                yield country.alpha_2, name
                yield from ((country.alpha_2, turned) for turned in _turned(name))


def _turned(name: str) -> Iterator[str]:
    """`Korea, Republic of` is written `Republic of Korea`, and `Congo (Kinshasa)` without what is in brackets."""
    first, comma, rest = name.partition(", ")
    if comma:
        yield f"{rest} {first}"
    plain, bracket, _ = name.partition(" (")
    if bracket:
        yield plain
