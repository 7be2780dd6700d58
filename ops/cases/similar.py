"""Which known records look like what a letter names? Pure: ranked, each with why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

_LEGAL = re.compile(r"\b(gmbh|ag|kg|ltd|llc|inc|corp|co|sa|sarl|bv|plc|kk|und|and)\b|[^\w\s]", re.IGNORECASE)
_ENOUGH = 0.55
_MOST = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be meant: its id, how well it fits from 0 to 100, and why."""

    id: str
    name: str
    fit: int
    why: str


def plain(text: str) -> str:
    """A name without legal forms, punctuation and case."""
    return " ".join(_LEGAL.sub(" ", text.casefold()).split())


def nearest_codes(wanted: str, known: Mapping[str, str]) -> list[Candidate]:
    """Product codes like the wanted one; `known` says of each where it is seen."""
    found = []
    for code, seen in known.items():
        ratio = SequenceMatcher(None, wanted.casefold(), code.casefold()).ratio()
        if code == wanted or ratio < _ENOUGH:
            continue
        why = "differs in case only" if code.casefold() == wanted.casefold() else f"{round(ratio * 100)} % the same"
        if sorted(code.casefold()) == sorted(wanted.casefold()) and code.casefold() != wanted.casefold():
            why = "the same characters in another order"
        found.append(Candidate(code, code, round(ratio * 100), f"{why}; {seen}"))
    return _best(found)


def likely_accounts(wanted_id: str, clues: Iterable[str], accounts: Iterable[Mapping[str, Any]]) -> list[Candidate]:
    """Accounts like the one that is missing. `clues` are names in the letter; accounts have id, name, domain."""
    words = [plain(clue) for clue in clues if plain(clue)]
    found = []
    for account in accounts:
        reasons: list[tuple[float, str]] = []
        name = plain(str(account.get("name") or ""))
        for clue in words if name else ():
            if name in clue:
                reasons.append((0.95, "its name stands in the record"))
            else:
                reasons.append((SequenceMatcher(None, name, clue).ratio(), "its name is like the record's"))
        domain = str(account.get("domain") or "").split(".")[0].casefold()
        if len(domain) > 3 and any(domain in clue.replace(" ", "") for clue in words):
            reasons.append((0.85, "its domain stands in the record"))
        if wanted_id:
            alike = SequenceMatcher(None, wanted_id, str(account["id"])).ratio()
            reasons.append((alike * 0.9, f"its id is {round(alike * 100)} % the same"))
        fit, why = max(reasons, default=(0.0, ""))
        if fit >= _ENOUGH:
            found.append(Candidate(str(account["id"]), str(account.get("name") or ""), round(fit * 100), why))
    return _best(found)


def _best(found: list[Candidate]) -> list[Candidate]:
    return sorted(found, key=lambda one: (-one.fit, one.id))[:_MOST]
