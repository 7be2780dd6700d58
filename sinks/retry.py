"""What to do about a target's error. Pure: the attempt, the policy and the dice are parameters.

A record is never blamed for a target that is away: such errors end in `Pause`, and the lag grows. Only what the
target says about the record itself gives it up, or an error that stays while the target is fine (`blame`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from schemas.reasons import Reason
from sinks.errors import Ambiguous, Busy, Conflict, Refused, TargetError, Unreachable


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Times in seconds. `attempts` counts the first one."""

    attempts: int = 3
    first: float = 0.5
    most: float = 30.0

    @classmethod
    def of(cls, attempts: int, first: timedelta, most: timedelta) -> RetryPolicy:
        return cls(attempts, first.total_seconds(), most.total_seconds())

    def backoff(self, attempt: int, dice: float) -> float:
        """Full jitter: anything up to first * 2^(attempt-1), capped. `dice` is in [0, 1)."""
        return float(min(self.most, self.first * 2 ** (attempt - 1)) * dice)


@dataclass(frozen=True, slots=True)
class Retry:
    """Look the record up and try again after so many seconds."""

    after: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """A dead letter. `cause`: the error that it came of."""

    reason: Reason
    detail: str
    suggestion: str = ""
    cause: BaseException | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pause:
    """The target is in trouble, not the record: wait until it answers again; attempts begin anew."""

    why: str


#: How many times as often a record is tried that the target is merely busy with.
_PATIENCE = 4

Judgement = Retry | GiveUp | Pause


def judge(error: TargetError, attempt: int, policy: RetryPolicy, dice: float) -> Judgement:
    """The consequence of the nth attempt's error; `attempt` counts from 1."""
    if isinstance(error, Refused):
        return GiveUp(error.reason, error.detail, error.suggestion, error)
    if attempt < policy.attempts:
        after = policy.backoff(attempt, dice)
        if isinstance(error, Busy) and error.retry_after is not None:
            after = max(after, error.retry_after)
        return Retry(after)
    if isinstance(error, Conflict):
        detail = f"the record kept changing in the target, {attempt} times: {error}"
        return GiveUp(Reason.ERP_REJECTED, detail, cause=error)
    return Pause(str(error))


def blame(error: TargetError, attempt: int, policy: RetryPolicy, dice: float) -> Judgement:
    """After the last attempt, when the target was asked something else and answered: is it the record's fault?"""
    if isinstance(error, Unreachable):
        return Pause(str(error))
    if isinstance(error, Ambiguous):
        return GiveUp(
            Reason.ERP_AMBIGUOUS,
            f"the target left {attempt} calls without an answer, though it answers others: {error}",
            "Look for the external id in the target before anything is written by hand.",
            error,
        )
    if isinstance(error, Busy) and attempt < _PATIENCE * policy.attempts:
        return Retry(policy.backoff(attempt, dice))  # busy with this record: others lock it
    return GiveUp(Reason.UNCLASSIFIED, f"the target failed {attempt} times on this record: {error}", cause=error)
