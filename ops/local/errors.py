"""What can go wrong with the local parts, in words for the person at the keyboard."""

from __future__ import annotations


class LocalPartsError(Exception):
    """The local parts could not do what was asked."""


class DownloadFailed(LocalPartsError):
    """A download did not come, or is not what the lock file says."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(f"cannot download {what}: {problem}")


class NotReady(LocalPartsError):
    """The part does not answer (yet)."""


class NoPlainUser(LocalPartsError):
    """PostgreSQL refuses to run as root, and neither a user namespace nor the user `nobody` can be used here.
    Run meshline as an ordinary user."""


class PartFailed(LocalPartsError):
    """A part did not come up."""

    def __init__(self, part: str, problem: str, log: list[str], advice: str) -> None:
        super().__init__(f"{part}: {problem}")
        self.part, self.problem, self.log, self.advice = part, problem, log, advice
