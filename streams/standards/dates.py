"""Days to ISO 8601. A day that can be read in two ways is not read."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date

from streams.standards.answer import Answer, Standard, Unreadable

_PROBLEM = "must be a day such as 2026-01-31"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.]?)([0-9]{2})\2([0-9]{2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_JAPANESE = re.compile(r"([0-9]{4})年([0-9]{1,2})月([0-9]{1,2})日")


def standardise_date(text: str) -> Answer:
    """2026/01/31, 20260131, 31.01.2026, 31/1/2026, 1/31/2026, 2026年1月31日 -> 2026-01-31.

    With dots the day comes first. With slashes or dashes 3/4/2026 is unreadable: both days are suggested.
    """
    text = text.strip()
    if first := _YEAR_FIRST.fullmatch(text):
        return _one(_days(first[1], first[3], first[4]))
    if japanese := _JAPANESE.fullmatch(text):
        return _one(_days(*japanese.groups()))
    if last := _YEAR_LAST.fullmatch(text):
        one, mark, two, year = last.groups()
        day_first = _days(year, two, one)
        return _one(day_first if mark == "." else {**day_first, **_days(year, one, two)})
    return Unreadable(_PROBLEM)


def _one(days: dict[str, None]) -> Answer:
    if len(days) == 1:
        return Standard(next(iter(days)))
    return Unreadable(f"{_PROBLEM}; it can be read in two ways" if days else _PROBLEM, tuple(days))


def _days(year: str, month: str, day: str) -> dict[str, None]:
    with suppress(ValueError):
        return {date(int(year), int(month), int(day)).isoformat(): None}
    return {}
