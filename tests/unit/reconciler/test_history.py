"""The drift topic as a reader has it: the last word per drift, repeats without effect."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from histories import at

from reconciler.difference import KINDS
from reconciler.explain import advice
from reconciler.history import DriftHistory
from schemas.records import Drift


def drift(status: Any, observed: float, key: str = "O1", **fields: Any) -> Drift:
    body = {
        "drift_id": f"id-{key}", "entity": "opportunity", "key": key, "account_id": "A1", "kind": "total_mismatch",
        "status": status, "severity": "high", "fields": [], "money": Decimal(20), "currency": "EUR",
        "opened_at": at(5), "observed_at": at(observed), "explanation": "ERP is 20.00 EUR higher",
    }  # fmt: skip
    return Drift.model_validate(body | fields)


def test_the_last_word_counts_and_a_repeat_after_a_crash_changes_nothing() -> None:
    history = DriftHistory()
    for one in (drift("opened", 5), drift("closed", 7), drift("opened", 5), drift("closed", 7)):
        history.add(one)
    assert [one.status for one in history.stories["id-O1"]] == ["opened", "closed"]
    assert history.open() == []
    assert [one.status for one in history.last()] == ["closed"]


def test_it_may_open_again() -> None:
    history = DriftHistory()
    for one in (drift("opened", 5), drift("closed", 7), drift("opened", 20)):
        history.add(one)
    assert [one.observed_at for one in history.open()] == [at(20)]


def test_the_newest_drift_comes_first() -> None:
    history = DriftHistory()
    history.add(drift("opened", 5, "O1"))
    history.add(drift("opened", 9, "O2", opened_at=at(9)))
    assert [one.key for one in history.open()] == ["O2", "O1"]


def test_there_is_advice_for_every_kind() -> None:
    for kind in KINDS:
        assert advice(drift("opened", 5, kind=kind))
    assert advice(drift("closed", 5)) == "Nothing is left to do."
