"""What a preview says of a letter."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.replay.preview.verdict import Call, Says, Shown, Verdict, fingerprint_of, of_shadow, of_weighing, worst
from sinks.ledger import Entry, Proceed, Settle, Told
from sinks.verify import Difference

T0 = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
APPLIED = Entry("c", 7, 0, "mark", "applied", 1, 1, T0, T0, "applied", "12", "C12")


def test_the_ledger_tells_repeats_and_stale_ones_from_what_is_to_be_written() -> None:
    assert of_weighing(Proceed()) is None
    told = of_weighing(Told(APPLIED))
    assert told is not None
    assert (told.says, "C12" in told.detail) == (Says.DUPLICATE, True)
    for outcome, says in (("stale", Says.STALE), ("unchanged", Says.DUPLICATE)):
        settled = of_weighing(Settle(outcome, APPLIED))  # type: ignore[arg-type]
        assert settled is not None
        assert settled.says is says


def test_a_shadow_that_refuses_fails_with_the_reason() -> None:
    found = of_shadow(Shown(refused="missing_product", detail="no SKU-9"))
    assert (found.says, found.reason, found.good) == (Says.FAIL, "missing_product", False)
    away = of_shadow(Shown(detail="no answer", away=True))
    assert (away.says, away.good) == (Says.UNKNOWN, False)


def test_of_several_commands_the_one_that_fails_is_told() -> None:
    verdicts = [Verdict(Says.SUCCEED), Verdict(Says.FAIL, reason="x"), Verdict(Says.DUPLICATE)]
    assert worst(verdicts).says is Says.FAIL
    assert worst([verdicts[0], verdicts[2]]).says is Says.SUCCEED


def test_the_fingerprint_of_a_preview_changes_with_whatever_would_be_done() -> None:
    call = Call("create", [{"name": "A"}])
    base = [("l1", Verdict(Says.SUCCEED, call=call, diff=(Difference("name", "A", None),))), ("l2", Verdict(Says.SKIP))]
    marks = {
        fingerprint_of(base),
        fingerprint_of(base[:1]),
        fingerprint_of(base[::-1]),
        fingerprint_of([("l1", Verdict(Says.SUCCEED, call=Call("create", [{"name": "B"}]))), base[1]]),
        fingerprint_of([("l1", Verdict(Says.FAIL)), base[1]]),
    }
    assert len(marks) == 5
    assert fingerprint_of(list(base)) == fingerprint_of(base)
