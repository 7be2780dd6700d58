"""What of a company's name is its own, and how alike two names are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz import fuzz

_DISTINCT = 0.72  #: words less alike than this are different words
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b)")  # between single letters: S.A.R.L. is one word
#: One sound, two spellings: Mueller and Müller, Strasse and Straße.
_SPELLINGS = (("ue", "u"), ("oe", "o"), ("ae", "a"), ("ss", "s"))


@cache
def _words() -> dict[str, frozenset[str]]:
    return {name: frozenset(_document()[name]) for name in ("legal_forms", "joints", "free_mail")}


@cache
def _letters() -> dict[int, str]:
    """What Unicode does not take apart, and Cyrillic and Greek as they are commonly written in Latin."""
    return str.maketrans(_document()["letters"])


@cache
def _document() -> Any:
    return yaml.safe_load(files("streams.matching").joinpath("words.yaml").read_text("utf-8"))


def is_free_mail(domain: str) -> bool:
    """Whether anybody may have an address there."""
    return domain in _words()["free_mail"]


def core(name: str) -> tuple[str, ...]:
    """The words of a name without legal forms, case, accents and spelling variants: Müller & Söhne GmbH -> muller,
    sohne. A name of nothing else keeps its words.
    """
    for form in ("株式会社", "有限会社", "合同会社", "有限公司", "주식회사"):
        name = name.replace(form, " ")
    text = _DOTTED.sub("", name.casefold()).translate(_letters())
    text = unicodedata.normalize("NFKD", text)
    text = "".join(char for char in text if not unicodedata.combining(char)).translate(_letters())
    words = [word for word in re.split(r"[\W_]+", text.replace("'", "")) if word]
    silent = _words()["legal_forms"] | _words()["joints"]
    own = [word for word in words if word not in silent] or words
    return tuple(_spelt(word) for word in own)


def _spelt(word: str) -> str:
    for two, one in _SPELLINGS:
        word = word.replace(two, one)
    return word


def likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """How alike two cores are, 0 to 1. A word or number that only one of them has counts more than a typing error."""
    if not one or not other:
        return 0.0
    joined = fuzz.ratio("".join(one), "".join(other)) / 100
    ordered = fuzz.ratio("".join(sorted(one)), "".join(sorted(other))) / 100
    best = max(joined, ordered)
    if best == 1.0:
        return best
    if len(one) != len(other):
        split = abs(len(one) - len(other)) == 1 and joined > 0.94  # Blue Mountain, Bluemountin
        return best if split else min(best, 0.75)
    return min(best, 0.7) if _apart(one, other) else best


def _apart(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether a word of one has no partner in the other."""
    left = list(other)
    for word in sorted(one, key=len, reverse=True):
        partner = max(left, key=lambda known: fuzz.ratio(word, known))
        left.remove(partner)
        numbers = any(char.isdigit() for char in word + partner)
        if fuzz.ratio(word, partner) / 100 < _DISTINCT or (numbers and word != partner):
            return True
    return False
