"""The score of two records, by a table that people can read.

A tax id decides alone, both ways. A web domain needs an alike name: one domain serves whole groups of companies. A name
needs a telephone number or an e-mail address: many companies have the same name, also in one town, so that a place
alone stays below the threshold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from streams.matching.names import likeness
from streams.matching.profile import Profile

THRESHOLD = 0.85  #: from here on it is likely that the two are one
_SAME, _ALIKE = 0.92, 0.8  #: likeness of names


@dataclass(frozen=True, slots=True)
class Match:
    """`score` from 0 (two companies) to 1 (one); `reasons` for and against, in words."""

    key: str
    score: float
    reasons: tuple[str, ...]


def match(one: Profile, other: Profile) -> Match:
    """How likely `one` is the `other`, whose key the match carries. The same both ways."""
    alike = likeness(one.core, other.core)
    reasons = [f"names are {alike:.0%} alike"] if alike >= 0.5 else []
    here = not (one.country and other.country and one.country != other.country)
    if one.tax and other.tax and here:
        if one.tax == other.tax:
            return Match(other.key, 0.97, (*reasons, "the tax id is the same"))
        return Match(other.key, min(0.4, alike), (*reasons, "the tax ids differ"))
    score, why = _by_name(one, other, alike)
    if not here:
        score, why = min(score, 0.5), [*why, "the countries differ"]
    return Match(other.key, round(score, 2), (*reasons, *why))


def likely(new: Profile, known: Iterable[Profile], threshold: float = THRESHOLD) -> tuple[Match, ...]:
    """The known ones that the new one likely is, most likely first."""
    found = (match(new, one) for one in known if one.key != new.key)
    return tuple(sorted((one for one in found if one.score >= threshold), key=lambda one: (-one.score, one.key)))


def _by_name(one: Profile, other: Profile, alike: float) -> tuple[float, list[str]]:
    shared, support = sorted(one.domains & other.domains), _support(one, other)
    if shared:
        why = [f"the web domain {shared[0]} is the same"]
        if alike < _ALIKE and support and _latin(one) != _latin(other):
            return 0.9, [*why, *support, "the names are in two scripts and cannot be compared"]
        return (0.95 if alike >= _ALIKE else 0.55), why
    apart = bool(one.domains and other.domains)
    why = [*support, "the web domains differ"] if apart else [*support]
    if alike < _ALIKE:
        return alike * 0.6, why
    contact = any("telephone" in reason or "e-mail" in reason for reason in support)
    score = (0.93 if contact else 0.83 if support else 0.75) if alike >= _SAME else (0.87 if contact else 0.7)
    return (score - 0.2 if apart and not contact else score), why


def _latin(profile: Profile) -> bool:
    return "".join(profile.core).isascii()


def _support(one: Profile, other: Profile) -> list[str]:
    """What makes an alike name more than a namesake."""
    found = []
    if one.phone and one.phone == other.phone:
        found.append("the telephone number is the same")
    if one.email and one.email.casefold() == other.email.casefold():
        found.append("the e-mail address is the same")
    (city, code), (other_city, other_code) = one.place, other.place
    if code and code == other_code and one.country == other.country:
        found.append("the postal code is the same")
    elif city and city == other_city and one.country == other.country:
        found.append("the city is the same")
    return found
