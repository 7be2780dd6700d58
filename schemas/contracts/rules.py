"""The rules that a contract may put on a field, each a pure function of one value. Named in the YAML with arguments.

`length 1 128`, `one_of crm erp`, `above 0`, `at_least 0`, `at_most 100`, `not_blank`, `currency_code`, `country_code`,
`time_zone`, `not_before starts_on`, `minor_units currency`. A field that is absent breaks no
rule; whether it may be is `required`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import available_timezones

import yaml

from schemas.money import minor_unit

Sibling = Callable[[str], Any]  #: the value of another field of the same record
#: What is wrong with a value, as "must be ...", or None.
Rule = Callable[[Any, Sibling], str | None]


@cache
def code_list(name: str) -> frozenset[str]:
    """A list of codes: `currencies` (ISO 4217) or `countries` (ISO 3166-1 alpha-2)."""
    document = yaml.safe_load(files("schemas").joinpath("contracts", "codes", f"{name}.yml").read_text("utf-8"))
    return frozenset(str(document["codes"]).split())


@cache
def time_zones() -> frozenset[str]:
    """The names of the IANA database."""
    return frozenset(available_timezones())


def compile_rule(text: str) -> Rule:
    """The rule that a line of the contract names. Raises ValueError that says what is wrong with the line."""
    name, *arguments = text.split()
    make = _RULES.get(name)
    if make is None:
        raise ValueError(f"no rule {name!r}; one of: {', '.join(sorted(_RULES))}")
    try:
        return make(*arguments)
    except (TypeError, ValueError, InvalidOperation) as error:
        raise ValueError(f"{name} does not take {' '.join(arguments) or 'no argument'}") from error


def _length(least: str, most: str) -> Rule:
    low, high = int(least), int(most)

    def rule(value: Any, _: Sibling) -> str | None:
        return None if low <= len(value) <= high else f"must have {low} to {high} characters, has {len(value)}"

    return rule


def _one_of(*choices: str) -> Rule:
    if not choices:
        raise ValueError("no choice")
    allowed = frozenset(choices)
    words = f"must be one of {', '.join(choices)}"
    return lambda value, _: None if value in allowed else words


def _above(limit: str) -> Rule:
    least = Decimal(limit)
    return lambda value, _: None if value > least else f"must be above {least}"


def _at_least(limit: str) -> Rule:
    least = Decimal(limit)
    return lambda value, _: None if value >= least else f"must be at least {least}"


def _at_most(limit: str) -> Rule:
    most = Decimal(limit)
    return lambda value, _: None if value <= most else f"must be at most {most}"


def _not_blank() -> Rule:
    return lambda value, _: None if value.strip() else "must not be blank"


def _currency_code() -> Rule:
    return lambda value, _: None if value in code_list("currencies") else "must be an ISO 4217 currency code"


def _country_code() -> Rule:
    return lambda value, _: None if value in code_list("countries") else "must be an ISO 3166-1 alpha-2 country code"


def _time_zone() -> Rule:
    return lambda value, _: None if value in time_zones() else "must be a time zone of the IANA database"


def _not_before(other: str) -> Rule:
    def rule(value: Any, sibling: Sibling) -> str | None:
        start = sibling(other)
        return None if start is None or value >= start else f"must not be before {other}, which is {start.isoformat()}"

    return rule


def _minor_units(field: str) -> Rule:
    def rule(value: Any, sibling: Sibling) -> str | None:
        currency = sibling(field)
        if currency is None or value % minor_unit(currency) == 0:
            return None
        return f"must be in whole minor units of {currency} ({minor_unit(currency)})"

    return rule


_RULES: Mapping[str, Callable[..., Rule]] = {
    "length": _length,
    "one_of": _one_of,
    "above": _above,
    "at_least": _at_least,
    "at_most": _at_most,
    "not_blank": _not_blank,
    "currency_code": _currency_code,
    "country_code": _country_code,
    "time_zone": _time_zone,
    "not_before": _not_before,
    "minor_units": _minor_units,
}


def amount_needs_currency(currency: str) -> Rule:
    """The rule that every field with `currency:` has: where there is an amount, there is its currency."""
    return lambda value, sibling: None if sibling(currency) else f"must come with its currency in {currency}"


def storable(value: str, _: Sibling) -> str | None:
    """The rule that every text has: no database and no header holds U+0000."""
    return "must not hold U+0000" if "\x00" in value else None


def sibling_of(rule: str) -> str | None:
    """The other field that a rule looks at, None where it looks at none."""
    name, _, argument = rule.partition(" ")
    return argument if name in ("not_before", "minor_units") else None
