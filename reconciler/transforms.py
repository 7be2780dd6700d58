"""How a text is read before it is compared. Pure; named by the rules."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Literal

Reading = Literal["exact", "plain", "folded", "compact", "digits", "loose"]
Transform = Callable[[str], str]


def exact(text: str) -> str:
    """As it is written."""
    return text


def plain(text: str) -> str:
    """Unicode composed, runs of white space as one blank. Letters stay as they are: names survive byte for byte."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def folded(text: str) -> str:
    """As `plain`, without case: e-mail addresses, country codes."""
    return plain(text).casefold()


def compact(text: str) -> str:
    """Letters and digits only, upper case: tax ids and postal codes are written with blanks, dots and dashes."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", text)).upper()


def digits(text: str) -> str:
    """A phone number's digits. A leading `00` is a `+`."""
    return re.sub(r"\D", "", text).removeprefix("00")


def loose(text: str) -> str:
    """Words without case and punctuation: streets are written in many ways."""
    return " ".join(re.sub(r"[\W_]", " ", unicodedata.normalize("NFC", text)).casefold().split())


READINGS: dict[Reading, Transform] = {
    "exact": exact,
    "plain": plain,
    "folded": folded,
    "compact": compact,
    "digits": digits,
    "loose": loose,
}
