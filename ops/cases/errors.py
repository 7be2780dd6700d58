"""Why an act on a letter or a case cannot be done."""

from __future__ import annotations


class CaseError(Exception):
    """The act was not done."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class NotFound(CaseError):
    """There is no such letter or case."""


class NotNow(CaseError):
    """The case's state does not allow this."""


class BadAsk(CaseError):
    """What was asked for makes no sense."""
