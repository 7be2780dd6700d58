"""What the gate found, and the versions that it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field

from schemas.gate.modes import Mode
from schemas.gate.rules import Rule, catalogue
from schemas.gate.terms import Terms

DEFAULT_MODE = Mode.FULL_TRANSITIVE


@dataclass(frozen=True, slots=True)
class Version:
    """One version's text. `number` is None where files are not numbered; `label` names it in messages."""

    number: int | None
    file: str
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked together: the candidate (None when it is gone), and what was released before, oldest first.

    `edited` are the files that say something else than the release of the same number, with what was released; `gone`
    the releases that have no file any more. `latest` is the newest version at the reference, the one that `before` was
    the contract of.
    """

    name: str
    candidate: Version | None
    released: tuple[Version, ...] = ()
    edited: tuple[tuple[Version, Version], ...] = ()
    gone: tuple[Version, ...] = ()
    terms: Terms = field(default_factory=Terms)
    before: Terms | None = None  #: the contract as it was released
    latest: Version | None = None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One finding, in the order in which people read: by file, then by place. Line and column count from 1."""

    file: str
    line: int
    column: int
    rule: str
    pointer: str
    subject: str
    version: int | None
    owner: str
    message: str
    counter_example: str | None = None

    @property
    def about(self) -> Rule:
        return catalogue()[self.rule]


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, how many schema files were read, and what they were compared with, in words."""

    findings: tuple[Finding, ...]
    checked: int
    against: str = ""
    waived: int = 0
