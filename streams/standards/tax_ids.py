"""Tax ids to their compact form, checked by the rules of their country (python-stdnum)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from stdnum import get_cc_module
from stdnum.eu import vat as european
from stdnum.exceptions import ValidationError

from streams.standards.answer import Answer, Standard, Unreadable
from streams.standards.text import reference, standardise_text


def standardise_tax_id(text: str, country: str | None) -> Answer:
    """`de 136 695 976` in DE -> DE136695976; `12-3456789` in US -> 123456789.

    Where no rules are known - no country, or one that python-stdnum has none for - the text passes as it is written.
    """
    kinds = _kinds(country) if country else ()
    prefix = {"GR": "EL"}.get(country or "", country or "")
    if country in reference("tax_ids")["european"]:
        for number in (text, prefix + text):
            compact = _european(number, prefix)
            if compact is not None:
                return Standard(compact)
    for kind in kinds:
        compact = _checked(kind, text)
        if compact is not None:
            return Standard(compact)
    if country == "JP" and text.strip()[:1] in ("T", "t"):  # a qualified invoice issuer's number
        compact = _checked(kinds[0], text.strip()[1:])
        return Standard(f"T{compact}") if compact is not None else _unreadable(country, kinds)
    return _unreadable(country or "", kinds) if kinds else Standard(standardise_text(text))


def _unreadable(country: str, kinds: Sequence[Any]) -> Unreadable:
    told = tuple((kind.__doc__ or kind.__name__).strip().splitlines()[0].rstrip(".") for kind in kinds)
    return Unreadable(f"must be a tax id that is valid in {country}: digits and check digit", told)


def _european(number: str, prefix: str) -> str | None:
    try:
        compact = european.validate(number)
    except (ValidationError, ValueError, IndexError, KeyError):
        return None
    return str(compact) if compact.startswith(prefix) else None


def _checked(kind: Any, text: str) -> str | None:
    try:
        return str(kind.validate(text))
    except (ValidationError, ValueError, IndexError, KeyError):
        return None


@cache
def _kinds(country: str) -> tuple[Any, ...]:
    named = reference("tax_ids")["kinds"].get(country)
    if named is not None:
        return tuple(import_module(f"stdnum.{name}") for name in named)
    try:
        found: list[Any] = [get_cc_module(country.lower(), name) for name in ("vat", "tin")]
    except (ImportError, ValueError):
        return ()
    return tuple(module for module in found if module is not None)
