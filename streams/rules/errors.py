"""Why rules cannot be used, or did not decide."""

from __future__ import annotations


class RulesError(Exception):
    """The rules cannot be used."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class Unreadable(RulesError):
    """A rule file is not a rule."""


class Undecided(RulesError):
    """The rules in force give no answer for these facts, or two, or fail: a defect that `meshline rules check` finds.

    The event becomes a letter, not a guess, and is replayed when the rules are mended.
    """
