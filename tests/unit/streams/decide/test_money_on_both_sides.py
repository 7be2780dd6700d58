"""DR3 where money is concerned, under any timing: what both sides changed is reviewed, with both values and authors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.outcome import DeadLetter
from schemas.reasons import Reason
from schemas.records import Opportunity, Order
from streams.decide import Policy, decide
from streams.decide.facts import Known
from streams.facts.view import View
from tests.unit.streams.decide.cases import NOW, account
from tests.unit.streams.decide.test_conflict import order, won

US = Policy().integration_user
CURRENCIES = ("CHF", "EUR", "GBP", "JPY", "USD")


@dataclass
class Deal:
    """A won deal and its order. Each change takes a tick of one clock; a side is told of when the line looks."""

    now: int = 100
    values: dict[str, str] = field(default_factory=lambda: {"crm": "EUR", "erp": "EUR"})
    at: dict[str, int] = field(default_factory=lambda: {"crm": 50, "erp": 60})
    by: dict[str, str] = field(default_factory=lambda: {"crm": "seller", "erp": US})
    view: View = field(default_factory=lambda: View(codes={"a1": "C1"}, customers={"a1"}))
    said: list[DeadLetter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.view.put(Known(account(), in_crm=True, fingerprint="f", fingerprint_event="e"))

    def change(self, side: str, value: str) -> None:
        self.now += 1
        self.values[side], self.at[side] = value, self.now
        self.by[side] = "seller" if side == "crm" else "clerk"

    def look(self, side: str) -> None:
        at, by = self.at[side], self.by[side]
        event: Opportunity | Order = won("10", at) if side == "crm" else order("20", at, by)
        more: dict[str, Any] = {
            "version": at,
            "sequence": 0,
            "actor": by,
            "event_id": f"{side}-{self.now}-{len(self.said)}",
        }
        meta = event.meta.model_copy(update=more | {"account_id": "a1"})
        told = event.model_copy(update={"currency": self.values[side], "meta": meta})
        outcome = decide(told, self.view.facts_for(told, None), Policy(), NOW)
        self.view.learn(told, outcome)
        if isinstance(outcome, DeadLetter):
            self.said.append(outcome)


LOOKS = st.lists(st.sampled_from(("crm", "erp")), max_size=3)
TRIALS = st.lists(
    st.tuples(st.permutations(("crm", "erp")), LOOKS, LOOKS, st.permutations(CURRENCIES)), min_size=1, max_size=4
)


@settings(max_examples=400, deadline=None)
@given(TRIALS)
def test_what_both_sides_changed_is_reviewed_every_time(trials: list[Any]) -> None:
    deal = Deal()
    for side in ("crm", "erp"):
        deal.look(side)
    for sides, between, after, currencies in trials:
        new = [one for one in currencies if one != deal.values["crm"]]
        deal.said.clear()
        for side, value, looks in zip(sides, new, (between, after), strict=False):
            deal.change(side, value)
            for look in looks:
                deal.look(look)
        for look in ("crm", "erp"):
            deal.look(look)
        review = [one.detail for one in deal.said if one.reason is Reason.CONFLICT_ON_FINANCIAL_FIELD]
        seen = [deal.values["crm"], deal.values["erp"], "by seller", "by clerk"]
        assert any(all(text in one for text in seen) for one in review), (deal.said, deal.values)
        deal.change("crm", deal.values["erp"])  # people decide for the ERP's
        for look in ("crm", "erp"):
            deal.look(look)
