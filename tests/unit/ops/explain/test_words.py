"""Where a record is, why, and what to type next: the same rows give the same words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from ops.explain.facts import Known
from ops.explain.words import drift_entity, tell
from schemas.records import Drift

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def side(**changed: Any) -> Any:
    row = {"side": "crm", "entity": "opportunity", "key": "o1", "version": 1_772_366_400_000_000, "deleted": False}
    return SimpleNamespace(**{**row, "event_id": "e1", **changed})


def effect(**changed: Any) -> Any:
    row = {"target": "erp", "kind": "order.place", "state": "applied", "outcome": "applied", "external_id": "7"}
    row |= {"external_number": "S7", "attempts": 1, "started_at": NOW, "ended_at": NOW}
    return SimpleNamespace(**{**row, **changed})


def letter(**changed: Any) -> Any:
    row = {"letter_id": "abcdef0123456789", "reason": "missing_product", "stage": "sink", "failures": 1}
    row |= {"detail": "no product 'X'", "state": "open", "assignee": "", "failed_at": NOW, "due_at": NOW}
    return SimpleNamespace(**{**row, **changed})


def hold() -> Any:
    row = {"state": "open", "held_since": NOW, "wait_kind": "account", "wait_key": "a9", "reason": "missing_account"}
    return SimpleNamespace(**row, detail="a9 has not arrived", expires_at=NOW + timedelta(hours=2))


def drift() -> Drift:
    named = {"drift_id": "d" * 32, "entity": "opportunity", "key": "o1", "account_id": "a", "kind": "missing_in_erp"}
    more = {"status": "opened", "severity": "high", "fields": [], "opened_at": NOW, "observed_at": NOW}
    return Drift(**named, **more, explanation="the ERP has no order")  # type: ignore[arg-type]


def story(**known: Any) -> tuple[str, str, list[str]]:
    where, why, next_ = tell(Known("opportunity", "o1", **known), NOW)
    return " ".join(where), " ".join(why), next_


def test_what_is_not_known_is_said_and_where_to_look() -> None:
    where, why, next_ = story()
    assert "Nothing is known of opportunity o1" in where
    assert "never changed" in why
    assert "meshline dlq list --reason undecodable" in next_


def test_a_record_that_went_through_needs_nothing() -> None:
    where, why, next_ = story(sides=[side(), side(side="erp", entity="order")], effects=[effect()])
    assert "order.place in the ERP: it was written and read back" in where
    assert "S7 there" in where
    assert why == "Nothing is open: what had to be done for it is done."
    assert next_ == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (effect(state="pending", ended_at=None, attempts=2), "under way since 2026-03-01 12:00:00 UTC, 2 attempt(s)"),
        (effect(state="dead"), "given up at 2026-03-01 12:00:00 UTC; it became a dead letter"),
        (effect(outcome="unchanged"), "nothing was to write (unchanged)"),
    ],
)
def test_each_state_of_the_ledger_has_words(row: Any, words: str) -> None:
    assert words in story(sides=[side()], effects=[row])[0]


def test_an_open_letter_says_who_has_it_and_what_to_type() -> None:
    where, why, next_ = story(sides=[side()], letters=[letter(failures=3)])
    assert "failed at sink" in where
    assert "3 times: missing_product" in where
    assert "waits for product-data" in where
    assert "(overdue)" in where
    assert "no product 'X'" in why
    assert next_ == ["meshline case show abcdef012345", 'meshline case resolve abcdef012345 --why "..."']


def test_a_letter_that_is_being_replayed_is_watched_not_resolved_again() -> None:
    _, why, next_ = story(letters=[letter(state="replaying", assignee="ada")])
    assert "closes when the effect is read back" in why
    assert next_ == ["meshline case show abcdef012345"]


def test_closed_letters_are_history() -> None:
    where, why, _ = story(sides=[side()], letters=[letter(state="verified")])
    assert "the last one's case is verified" in where
    assert why.startswith("Nothing is open")


def test_a_hold_says_what_it_waits_for_and_until_when() -> None:
    where, why, next_ = story(holds=[hold()])
    assert "waits for account a9" in where
    assert "within 2 h it becomes missing_account" in why
    assert next_ == ["meshline explain account a9"]


def test_a_drift_that_a_letter_explains_gives_no_advice_of_its_own() -> None:
    _, alone, _ = story(drifts=[drift()])
    assert "dead letter or hold" in alone
    _, explained, next_ = story(drifts=[drift()], letters=[letter()])
    assert "dead letter or hold" not in explained
    assert f"meshline drift explain {'d' * 12}" in next_


def test_the_erps_records_are_told_under_the_crms_name() -> None:
    assert (drift_entity("order"), drift_entity("customer"), drift_entity("contract")) == (
        "opportunity",
        "account",
        "contract",
    )


def test_what_is_gathered_goes_on_when_its_window_is_over() -> None:
    row = {"state": "open", "held_since": NOW, "wait_kind": "window", "wait_key": "o1", "reason": "hold_expired"}
    gathered = SimpleNamespace(**row, detail="changes are gathered until noon", expires_at=NOW + timedelta(hours=1))
    _, why, _ = story(holds=[gathered])
    assert "changes are gathered until noon. It goes on by itself; then the newest state is decided." in why
    assert "hold_expired" not in why
