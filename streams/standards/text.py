"""Free text: what stays of it, and how it is looked up."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from rapidfuzz import fuzz, process

_NEAR, _MOST = 70.0, 3  # how alike a suggestion must be (0 to 100), and how many are made


def standardise_text(text: str) -> str:
    """Blanks off the ends, Unicode composed (NFC): nothing else. Each later round trip gives the same bytes."""
    return unicodedata.normalize("NFC", text).strip()


def folded(text: str) -> str:
    """For looking up names: letters and digits of any script, without case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if char.isalnum())


def nearest(text: str, names: Iterable[str]) -> list[str]:
    """The folded names that the folded text is most like, best first."""
    found = process.extract(text, list(names), scorer=fuzz.ratio, limit=_MOST * 3, score_cutoff=_NEAR)
    return [name for name, _, _ in found]


def first_distinct(codes: Iterable[str]) -> tuple[str, ...]:
    """The first few codes, each once."""
    return tuple(dict.fromkeys(codes))[:_MOST]


@cache
def reference(name: str) -> Any:
    """One of this package's own tables, such as `countries`."""
    return yaml.safe_load(files("streams.standards").joinpath(f"{name}.yaml").read_text("utf-8"))
