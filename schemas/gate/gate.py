"""A whole check from folders: read now and then, put subjects together, compare."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from schemas.gate.check import bad_file, check
from schemas.gate.errors import SourceUnreadable
from schemas.gate.findings import Finding, Report, Subject
from schemas.gate.folder import Texts, subjects_of
from schemas.gate.modes import Mode
from schemas.gate.sources import folder_texts, git_texts, installed_folder, is_tracked
from schemas.gate.terms import Terms, read_terms

Readers = Mapping[str, tuple[str, ...]]


def check_folder(
    folder: Path,
    against: str | None,
    today: date,
    mode: Mode | None = None,
    readers: Readers | None = None,
    retired: Sequence[str] = (),
) -> Report:
    """Check a folder. `against`: `git:<ref>`, a folder, or None for what fits best. Raises SourceUnreadable.

    `readers` names who reads a record, for messages, where no contract says so. `retired` are subjects that may be
    gone as a whole.
    """
    subjects, bad, label = read_subjects(folder, against, readers or {})
    left = [subject for subject in subjects if subject.candidate is not None or subject.name not in retired]
    return check_subjects(left, bad, today, mode, label)


def check_subjects(
    subjects: Iterable[Subject], bad: Iterable[Finding], today: date, mode: Mode | None, label: str
) -> Report:
    """Check subjects that were read, and add the findings about files that could not be."""
    bad = list(bad)
    report = check(subjects, today, mode, label)
    findings = tuple(sorted((*report.findings, *bad)))
    return replace(report, findings=findings, checked=report.checked + len({finding.file for finding in bad}))


def read_subjects(folder: Path, against: str | None, readers: Readers) -> tuple[list[Subject], list[Finding], str]:
    """The subjects of a folder, findings about files that cannot be used, and what is compared with, in words."""
    now = folder_texts(folder)
    before, label = _reference(folder, now, against)
    shown = _shown(folder)
    terms, problems = read_terms(now.contracts)
    was = read_terms(before.contracts)[0] if before is not None and before.contracts else None
    bad = [bad_file(shown(name), error, Terms(), name) for name, error in [*now.problems, *problems]]
    for record, known in readers.items():
        if not terms.get(record, Terms()).readers:
            terms[record] = replace(terms.get(record, Terms()), readers=known)
    subjects = subjects_of(now, before, label, terms, was, shown)
    if not now.schemas and not now.problems:
        raise SourceUnreadable(f"{folder} has no .avsc file: name the folder of the schemas with --schemas")
    return subjects, bad, label or "their own versions"


def _reference(folder: Path, now: Texts, against: str | None) -> tuple[Texts | None, str]:
    """What to compare with. By default the last commit; outside git, what is installed of the same files."""
    if against is not None and against.startswith("git:"):
        ref = against.removeprefix("git:")
        return git_texts(folder, ref), ref
    if against is not None:
        return folder_texts(Path(against)), against
    if is_tracked(folder):
        return git_texts(folder, "HEAD"), "HEAD"
    installed = installed_folder()
    if folder.resolve() != installed.resolve():
        ours = folder_texts(installed)
        if 2 * len(set(now.schemas) & set(ours.schemas)) > len(ours.schemas):  # a copy of it, not a folder like it
            return ours, "the installed MeshLine"
    return None, ""


def _shown(folder: Path) -> Callable[[str], str]:
    """Names as people can open them from where they are."""
    start = os.path.relpath(folder)
    prefix = str(folder) if start.startswith("..") else start
    return lambda name: name if prefix == "." else f"{prefix}/{name}"
