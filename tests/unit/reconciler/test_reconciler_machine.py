"""The reconciler as a machine whose every lever may be pulled at any time, against two sides at rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from histories import at, reference
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from world import CRASHES, KEYS, World, names, told

from reconciler.explanations import Explanation
from reconciler.rows import MODELS, Subject
from schemas.identity import drift_id_for
from schemas.records import Effect

subjects = st.builds(Subject, st.sampled_from(["account", "opportunity", "invoice"]), st.sampled_from(KEYS))
_EXPLAINABLE = ("missing_in_erp", "field_mismatch", "total_mismatch")


class Reconciler(RuleBasedStateMachine):
    """Levers: rows of both sides, time, crashes, the broker's silence, explanations that come and go, slow effects."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(
        entity=st.sampled_from(sorted(MODELS)),
        key=st.sampled_from(KEYS),
        variant=st.integers(0, 5),
        partition=st.sampled_from([0, 0, 1]),
        delay=st.sampled_from([0, 0, 2, 30]),
    )
    def change(self, entity: Any, key: str, variant: int, partition: int, delay: int) -> None:
        self.world.write(entity, key, variant, partition, delay)

    @rule(minutes=st.sampled_from([0.3, 2, 6, 40]))
    def time_passes(self, minutes: float) -> None:
        self.world.now += timedelta(minutes=minutes)

    @rule(
        most=st.integers(0, 3), skip=st.integers(0, 9), answers=st.booleans(), crash=st.sampled_from(CRASHES)
    )  # fmt: skip
    def step(self, most: int, skip: int, answers: bool, crash: str) -> None:
        self.world.step(most, skip, answers, crash)

    @rule(subject=subjects, letter=st.sampled_from(["L1", "L2", ""]))
    def letter(self, subject: Subject, letter: str) -> None:
        if letter:
            self.world.known.known[subject] = Explanation("letter", letter, "missing_price")
        else:
            self.world.known.known.pop(subject, None)

    @rule(away=st.booleans())
    def the_operations_database(self, away: bool) -> None:
        self.world.known.away = away

    @rule(minutes=st.sampled_from([1, 9, 600]))
    def the_line_is_slow(self, minutes: int) -> None:
        self.world.state.latencies.add(
            Effect.model_validate(
                {
                    "effect_id": "e", "event_id": "v", "kind": "order.place", "key": "A1", "account_id": "A1",
                    "version": 1, "outcome": "applied", "occurred_at": at(-minutes), "applied_at": at(0),
                }
            )
        )  # fmt: skip

    @invariant()
    def what_is_open_was_told(self) -> None:
        held = {one.drift_id: one for kinds in self.world.state.open.values() for one in kinds.values()}
        last = {one.drift_id: one for one in told(self.world).open()}
        last |= {one.drift_id: one for _, one in sorted(self.world.state.outbox.items())}
        assert held == {name: one for name, one in last.items() if one.status != "closed"}

    @rule()
    def rest(self) -> None:
        """Both sides stand still: what is open is what obviously differs, and what explains it stands on it."""
        self.world.rest()
        wanted = reference(self.world.last())
        found = told(self.world).open()
        assert names(found) == wanted
        assert self.world.state.waiting == {}
        missing = {key: kind for pair, key, kind in wanted if pair == "account" and kind in self._roots(key)}
        for one in found:
            letter = self.world.known.known.get(Subject(one.entity, one.key))  # type: ignore[arg-type]
            root = missing.get("A1") if one.entity == "opportunity" and one.kind == "missing_in_erp" else None
            if letter is not None and one.kind in _EXPLAINABLE:
                assert one.explained_by == letter.reference
            elif letter is None and root is not None:
                assert one.explained_by == f"drift:{drift_id_for('account', 'A1', root)}"
            else:
                assert one.explained_by == ""

    def _roots(self, key: str) -> tuple[str, ...]:
        known = ("account", key) in self.world.last()
        return ("missing_in_erp", "deleted_on_one_side") if known else ()

    def teardown(self) -> None:
        self.rest()


Reconciler.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestReconciler = Reconciler.TestCase
