"""Telephone numbers to E.164, by the numbering plans that libphonenumber keeps."""

from __future__ import annotations

import phonenumbers

from streams.standards.answer import Answer, Standard, Unreadable

_PROBLEM = "must be one telephone number with its country code"


def standardise_phone(text: str, country: str | None) -> Answer:
    """(415) 555-2671 in US -> +14155552671. `country` is the account's, alpha-2; not needed for numbers with a +.

    Unreadable: a number that its country's plan does not have, one with an extension (E.164 has no place for it).
    """
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return Unreadable(_PROBLEM)
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if number.extension:
        return Unreadable(f"{_PROBLEM}; the extension has no place in it", (written,))
    if any(char.isalpha() for char in text) or not phonenumbers.is_valid_number(number):
        return Unreadable(_PROBLEM)
    return Standard(written)
