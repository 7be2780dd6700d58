"""A contract's rules in words, as HTML for the pages. Pure."""

from __future__ import annotations

from html import escape

_WORDS = {
    "above": "above {0}",
    "at_least": "at least {0}",
    "at_most": "at most {0}",
    "country_code": "a country code of ISO 3166",
    "time_zone": "a time zone of the IANA database",
    "currency_code": "a currency code of ISO 4217",
    "length": "{0} to {1} characters",
    "minor_units": "no more decimals than <code>{0}</code> has",
    "not_before": "not before <code>{0}</code>",
    "not_blank": "not blank",
}


def told(rule: str) -> str:
    """A rule of a contract, such as `length 1 128`. One that has no words here is shown as it stands."""
    name, *arguments = map(escape, rule.split())
    if name == "one_of":
        return "one of " + ", ".join(f"<code>{argument}</code>" for argument in arguments)
    try:
        return _WORDS[name].format(*arguments)
    except (KeyError, IndexError):
        return f"<code>{escape(rule)}</code>"
