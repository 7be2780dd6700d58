"""What a fuzzing run came to."""

from __future__ import annotations

from dataclasses import dataclass, field

_MOST_KEPT = 20


@dataclass(slots=True)
class Outcome:
    """Counts by verdict, the slowest input, and everything that must not happen."""

    inputs: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    slowest_s: float = 0.0
    slowest: str = ""
    crashes: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    wrongly_accepted: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.crashes or self.hangs or self.wrongly_accepted)

    def count(self, verdict: str) -> None:
        """One more of a verdict."""
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1

    def took(self, seconds: float, limit: float, what: str) -> None:
        """Note how long an input took; longer than the limit is a hang."""
        if seconds > self.slowest_s:
            self.slowest_s, self.slowest = seconds, what
        if seconds > limit:
            self.keep(self.hangs, f"{seconds:.1f} s: {what}")

    def keep(self, problems: list[str], what: str) -> None:
        """The first few problems of a kind are told, the rest only counted."""
        self.count("problems")
        if len(problems) < _MOST_KEPT:
            problems.append(what)
