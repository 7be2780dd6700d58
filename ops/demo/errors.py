"""What can stop the day before its report."""

from __future__ import annotations


class DemoFailed(Exception):
    """The day cannot go on; the message says what happened, and where to look."""

    def __str__(self) -> str:
        return super().__str__() or (type(self).__doc__ or "")


class ErpRefused(DemoFailed):
    """The ERP answered a call with an error."""
