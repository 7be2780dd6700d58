"""Subjects from texts by relative file name, in either of two layouts.

`avro/<Record>/v<N>.avsc`: every version is a file; the newest is the candidate, the others are released.
Anything else that ends in `.avsc`: the file is the candidate, and what it was at the reference is released.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from schemas.gate.errors import BadSchema
from schemas.gate.findings import Subject, Version
from schemas.gate.terms import Terms

_NUMBERED = re.compile(r"(?:^|.*/)(?P<record>[^/]+)/v(?P<number>[0-9]{1,6})\.avsc\Z")


@dataclass(slots=True)
class Texts:
    """The texts of a folder at one time: `.avsc` files and contracts by relative name, and files that gave no text."""

    schemas: dict[str, str] = field(default_factory=dict)
    contracts: dict[str, str] = field(default_factory=dict)
    problems: list[tuple[str, BadSchema]] = field(default_factory=list)

    def add(self, name: str, text: str) -> None:
        """Take the text in, if it is one that the gate looks at."""
        if name.endswith(".avsc"):
            self.schemas[name] = text
        elif is_contract(name):
            self.contracts[name] = text


def is_contract(name: str) -> bool:
    """Whether a relative file name is that of a contract: YAML under a folder `contracts`."""
    path = PurePosixPath(name)
    return path.suffix in (".yaml", ".yml") and "contracts" in path.parts[:-1]


def wanted(name: str) -> bool:
    """Whether the gate looks at a file of this name."""
    return name.endswith(".avsc") or is_contract(name)


def subjects_of(
    now: Texts,
    before: Texts | None,
    label: str,
    terms: Mapping[str, Terms],
    terms_before: Mapping[str, Terms] | None,
    show: Callable[[str], str] = str,
) -> list[Subject]:
    """The subjects of a folder. `label` names the reference in messages, `show` makes a name what people can open."""
    here, there = _grouped(now.schemas), _grouped(before.schemas if before is not None else {})
    subjects = []
    for name in sorted({*here, *there}):
        record = PurePosixPath(name).name
        own = terms.get(record) or terms.get(name) or Terms()
        was = None if terms_before is None else terms_before.get(record) or terms_before.get(name)
        mine = {number: Version(number, show(file), text, _label(number)) for number, file, text in here.get(name, ())}
        theirs = {
            number: Version(number, show(file), text, _label(number) if number is not None else label)
            for number, file, text in there.get(name, ())
        }
        subjects.append(_subject(record if _is_numbered(mine, theirs) else name, mine, theirs, own, was))
    return subjects


def _subject(
    name: str, mine: dict[int | None, Version], theirs: dict[int | None, Version], own: Terms, was: Terms | None
) -> Subject:
    if None in mine or None in theirs:
        released = tuple(theirs.values())
        candidate = mine.get(None)
        latest = released[-1] if released else None
        gone = () if candidate else released
        return Subject(name, candidate, released, gone=gone, terms=own, before=was, latest=latest)
    ours = {number or 0: version for number, version in mine.items()}
    known = {number or 0: version for number, version in theirs.items()}
    newest = max(ours, default=0)
    edited = tuple((ours[n], known[n]) for n in sorted(ours) if n in known and known[n].text != ours[n].text)
    gone = tuple(known[n] for n in sorted(known) if n not in ours)
    if not known:
        gone = tuple(Version(n, ours[newest].file, "", f"v{n}") for n in range(1, min(newest, 1000)) if n not in ours)
    # What was released counts as it was; a file that was edited since is only compared with it.
    kept = {n: version for n, version in ours.items() if n != newest}
    kept |= {n: version for n, version in known.items() if n not in ours}
    kept |= {was.number or 0: replace(was, label=f"{was.label} as released") for _, was in edited}
    released = tuple(kept[n] for n in sorted(kept))
    latest = known[max(known)] if known else None
    return Subject(name, ours.get(newest), released, edited, gone, own, was, latest)


def _grouped(texts: Mapping[str, str]) -> dict[str, list[tuple[int | None, str, str]]]:
    groups: dict[str, list[tuple[int | None, str, str]]] = defaultdict(list)
    for name, text in sorted(texts.items()):
        match = _NUMBERED.match(name)
        if match:
            groups[name.rpartition("/")[0]].append((int(match["number"]), name, text))
        else:
            groups[name.removesuffix(".avsc")].append((None, name, text))
    return groups


def _is_numbered(*versions: Iterable[int | None]) -> bool:
    return all(number is not None for found in versions for number in found)


def _label(number: int | None) -> str:
    return f"v{number}" if number is not None else "this version"
