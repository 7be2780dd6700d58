"""What can go wrong between a command and its effect.

SinkError
├── TargetError          what a target did with a call; `sinks.retry` judges it
│   ├── Unreachable      no connection, so nothing was sent
│   ├── Busy             it asks us to come back later
│   ├── Failing          an error of its own (5xx): nothing was applied
│   ├── Ambiguous        no answer: it may have been applied
│   ├── Conflict         the record changed while we were writing it
│   └── Refused          it understood, and said no: the event's failure, a letter
└── WorkerStopped        ours: nothing is acked, the worker ends
    ├── Fenced           a newer worker owns the partition
    ├── LedgerUnavailable
    └── AccessDenied     the target refuses our credentials
"""

from __future__ import annotations

from schemas.reasons import Reason


class SinkError(Exception):
    """A sink failed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class TargetError(SinkError):
    """The target did not do as it was told. `http_status`: what it answered with, 0 where it did not over HTTP."""

    http_status = 0


class Unreachable(TargetError):
    """The target cannot be reached; nothing was sent."""


class Busy(TargetError):
    """The target asks us to come back later."""

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  #: seconds, as the target said


class Failing(TargetError):
    """The target failed in itself."""


class Ambiguous(TargetError):
    """The target did not answer; the call may have been applied."""


class Conflict(TargetError):
    """The record was changed in the target while it was being written."""


class Refused(TargetError):
    """The target refused the write."""

    def __init__(self, reason: Reason, detail: str, suggestion: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.suggestion = suggestion


class WorkerStopped(SinkError):
    """The sink worker cannot go on; what is unfinished is done again by the next one."""


class Fenced(WorkerStopped):
    """A newer worker owns this partition, so this one must not write any more."""


class LedgerUnavailable(WorkerStopped):
    """The operations database does not answer: see `meshline status`."""


class AccessDenied(WorkerStopped):
    """The target refuses our user or password: check the settings of this target."""
