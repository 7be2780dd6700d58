"""Why somebody is not let in."""

from __future__ import annotations


class NotLetIn(Exception):
    """Access was refused."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class Unknown(NotLetIn):
    """No valid token: set MESHLINE_TOKEN, or ask an admin for `meshline access grant`."""


class Forbidden(NotLetIn):
    """The role does not allow this."""
