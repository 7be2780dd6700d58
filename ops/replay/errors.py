"""Why a replay cannot be done."""

from __future__ import annotations

from ops.cases.errors import CaseError, NotFound, NotNow


class NothingChosen(NotFound):
    """No letter matches."""


class NotSo(NotNow):
    """The job's state does not allow this."""


class TakenOver(CaseError):
    """Another process took this job over; this one marks nothing any more."""
