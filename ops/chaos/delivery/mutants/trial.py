"""Every mutant before the cheapest judge that catches it: the layer's tests first, then a small campaign."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.chaos.delivery.campaign import Campaign
from ops.chaos.delivery.errors import ChaosError, WorkersGaveUp
from ops.chaos.delivery.mutants.copy import layer_with
from ops.chaos.delivery.mutants.mutant import Mutant
from ops.chaos.delivery.mutants.suite import Answer, examine
from ops.chaos.delivery.run import carry_out

Tell = Callable[[str], None]
#: Enough to see what a mutant that shows on a broker does.
SMALL = Campaign(seed=11, messages=12_000, keys=50, partitions=4, workers=2, kills=4, brokers=1, patience=30.0)


@dataclass(frozen=True)
class Trial:
    """How one mutant fared. None: that judge was not asked."""

    name: str
    why: str
    suite: str | None
    campaign: str | None

    @property
    def caught(self) -> bool:
        return bool(self.suite) or bool(self.campaign)

    def data(self) -> dict[str, Any]:
        return {"name": self.name, "caught": self.caught, "suite": self.suite, "campaign": self.campaign}


def try_all(mutants: Iterable[Mutant], tell: Tell, *, campaigns: bool, campaign: Campaign = SMALL) -> list[Trial]:
    """`campaigns`: also those that the tests caught, where a mutant asks for it.

    Raises ChaosError when the layer as it is fails its own tests: then a failure proves nothing about a mutant."""
    with layer_with(None) as layer:
        sound = examine(layer)
    if sound.caught:
        raise ChaosError(f"the layer fails its own tests, mutants or not: {sound.by}")
    trials = []
    for number, mutant in enumerate(mutants, 1):
        trials.append(try_one(mutant, campaigns=campaigns and mutant.campaign, campaign=campaign))
        trial = trials[-1]
        verdict = "caught" if trial.caught else "NOT CAUGHT"
        tell(f"mutant {number:>3}  {verdict}  {mutant.name}  ({trial.suite or trial.campaign or mutant.why})")
    return trials


def try_one(mutant: Mutant, *, campaigns: bool, campaign: Campaign) -> Trial:
    """The tests first; the campaign when it is asked for, or when the tests let it pass."""
    with layer_with(mutant) as layer:
        answer: Answer = examine(layer)
        seen = _by_campaign(layer, campaign) if campaigns or not answer.caught else None
    return Trial(mutant.name, mutant.why, answer.by, seen)


def _by_campaign(layer: Path, campaign: Campaign) -> str:
    """What the campaign found; empty when nothing."""
    try:
        outcome = carry_out(campaign, lambda _: None, layer=layer)
    except WorkersGaveUp as error:
        return str(error)
    found = {kind: count for kind, count in outcome.verdict.counts.items() if count}
    return ", ".join(f"{count} {kind}" for kind, count in found.items()) if not outcome.clean else ""
