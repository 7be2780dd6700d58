"""What an error leads to, as tables with the arithmetic beside them."""

from __future__ import annotations

import pytest

from schemas.reasons import Reason
from sinks.errors import Ambiguous, Busy, Conflict, Failing, Refused, TargetError, Unreachable
from sinks.retry import GiveUp, Pause, Retry, RetryPolicy, blame, judge

POLICY = RetryPolicy(attempts=3, first=0.5, most=30.0)


@pytest.mark.parametrize(
    ("attempt", "dice", "seconds"),
    [
        (1, 1.0, 0.5),  # 0.5 * 2^0
        (2, 1.0, 1.0),  # 0.5 * 2^1
        (3, 1.0, 2.0),  # 0.5 * 2^2
        (3, 0.25, 0.5),  # 0.5 * 2^2 * 0.25
        (7, 1.0, 30.0),  # 0.5 * 2^6 = 32, capped
        (9, 0.5, 15.0),  # capped at 30, then * 0.5
        (1, 0.0, 0.0),  # full jitter starts at nothing
    ],
)
def test_backoff(attempt: int, dice: float, seconds: float) -> None:
    assert POLICY.backoff(attempt, dice) == seconds


@pytest.mark.parametrize(
    ("error", "attempt", "judgement"),
    [
        (Failing("500"), 1, Retry(0.25)),  # 0.5 * 2^0 * 0.5
        (Ambiguous("timeout"), 2, Retry(0.5)),  # 0.5 * 2^1 * 0.5
        (Unreachable("refused"), 1, Retry(0.25)),
        (Conflict("changed"), 2, Retry(0.5)),
        (Busy("429", retry_after=7.0), 1, Retry(7.0)),  # max(0.25, 7)
        (Busy("429", retry_after=0.0), 2, Retry(0.5)),  # max(0.5, 0): never sooner than the backoff
        (Busy("429"), 1, Retry(0.25)),
        (Unreachable("refused"), 3, Pause("refused")),
        (Failing("500"), 3, Pause("500")),
        (Ambiguous("timeout"), 3, Pause("timeout")),
        (Busy("429", retry_after=7.0), 3, Pause("429")),
        (
            Refused(Reason.MISSING_PRODUCT, "no SKU-9", "SKU-8?"),
            1,
            GiveUp(Reason.MISSING_PRODUCT, "no SKU-9", "SKU-8?"),
        ),
    ],
)
def test_judge(error: TargetError, attempt: int, judgement: object) -> None:
    assert judge(error, attempt, POLICY, dice=0.5) == judgement


def test_a_record_that_keeps_changing_is_given_up() -> None:
    verdict = judge(Conflict("changed meanwhile"), 3, POLICY, 0.5)
    assert isinstance(verdict, GiveUp)
    assert verdict.reason is Reason.ERP_REJECTED


@pytest.mark.parametrize(
    ("error", "attempt", "verdict"),
    [
        (Ambiguous("timeout"), 3, Reason.ERP_AMBIGUOUS),
        (Failing("500"), 3, Reason.UNCLASSIFIED),
        (Unreachable("refused"), 3, Pause("refused")),
        (Busy("503"), 3, Retry(1.0)),  # 0.5 * 2^2 * 0.5
        (Busy("503"), 11, Retry(15.0)),  # capped at 30, * 0.5; 11 < 4 * 3
        (Busy("503"), 12, Reason.UNCLASSIFIED),
    ],
)
def test_blame_when_the_target_answers_others(error: TargetError, attempt: int, verdict: object) -> None:
    blamed = blame(error, attempt, POLICY, dice=0.5)
    assert (blamed.reason if isinstance(blamed, GiveUp) else blamed) == verdict
