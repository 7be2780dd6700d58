"""How long a difference may be in flight. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from reconciler.pilot import EVERYBODY, Pilot
from reconciler.rules import RULES_VERSION


@dataclass(frozen=True, slots=True)
class Policy:
    """`grace` is the floor of how long the line may take; what it really takes is measured, and believed up to `limit`.

    `gone`: a deletion waits at least so long, as it often is half of a recreation. `recheck`: how often it is asked
    what explains the open drifts. `pilot` says which accounts take part at all.
    """

    grace: timedelta
    limit: timedelta = timedelta(hours=1)
    gone: timedelta = timedelta(0)
    recheck: timedelta = timedelta(seconds=10)
    pilot: Pilot = EVERYBODY

    def grace_for(self, measured: timedelta, gone: bool) -> timedelta:
        """From the line's measured slowness, p99.9."""
        usual = max(self.grace, min(measured, self.limit))
        return max(usual, self.gone) if gone else usual

    def rules(self) -> str:
        """What verdicts rest on: when it changes, everything is judged again."""
        return f"{RULES_VERSION} {self.pilot.version()}"
