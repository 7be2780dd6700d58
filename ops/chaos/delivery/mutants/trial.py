"""Every mutant before its judges: the layer's own tests, and, where it has one, a crash point on a broker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.chaos.delivery.crash_points import POINTS
from ops.chaos.delivery.crashing import crash_at
from ops.chaos.delivery.errors import ChaosError
from ops.chaos.delivery.mutants.copy import layer_with
from ops.chaos.delivery.mutants.mutant import Mutant
from ops.chaos.delivery.mutants.suite import Answer, examine

Tell = Callable[[str], None]
_LIVES = 3
_PATIENCE = 8.0  #: seconds; a mutant may leave work undone for ever


@dataclass(frozen=True)
class Trial:
    """How one mutant fared: what caught it. Empty: that judge did not; None: it was not asked."""

    name: str
    why: str
    suite: str
    broker: str | None

    @property
    def caught(self) -> bool:
        return bool(self.suite) or bool(self.broker)

    def data(self) -> dict[str, Any]:
        return {"name": self.name, "caught": self.caught, "suite": self.suite, "broker": self.broker}


def try_all(mutants: Iterable[Mutant], bootstrap: str, tell: Tell, *, copies: int, thorough: bool) -> list[Trial]:
    """`thorough`: those that the tests caught are judged by what readers get on a broker, too, where they can be.

    Raises ChaosError when the layer as it is fails its own tests: then a failure proves nothing about a mutant.
    """
    with layer_with(None) as layer:
        sound = examine(layer)
    if sound.caught:
        raise ChaosError(f"the layer fails its own tests, mutants or not: {sound.by}")
    trials = []
    for number, mutant in enumerate(mutants, 1):
        trials.append(try_one(mutant, bootstrap, copies=copies, thorough=thorough))
        trial = trials[-1]
        verdict = "caught" if trial.caught else "NOT CAUGHT"
        told = f"; on a broker: {trial.broker or 'nothing seen'}" if trial.broker is not None else ""
        tell(f"mutant {number:>3}  {verdict}  {mutant.name}  ({trial.suite or mutant.why}{told})")
    return trials


def try_one(mutant: Mutant, bootstrap: str, *, copies: int, thorough: bool) -> Trial:
    with layer_with(mutant) as layer:
        answer: Answer = examine(layer)
        asked = bool(mutant.crash) and (thorough or not answer.caught)
        seen = _on_a_broker(mutant, layer, bootstrap, copies) if asked else None
    return Trial(mutant.name, mutant.why, answer.by, seen)


def _on_a_broker(mutant: Mutant, layer: Path, bootstrap: str, copies: int) -> str:
    """What the judge of campaigns found after a few deaths at the mutant's crash point; empty when nothing."""
    point = next(point for point in POINTS if point.name == mutant.crash)
    result = crash_at(point, _LIVES, bootstrap, copies=copies, layer=layer, patience=_PATIENCE)
    return ", ".join(f"{count} {kind}" for kind, count in result.verdict.counts.items() if count)
