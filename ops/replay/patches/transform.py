"""A patch's changes on a record of JSON values, and its examples as tests. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any

from ops.cases.errors import BadAsk
from ops.replay.edits.change import Plain, get, put
from ops.replay.patches.model import Change, Patch


def transformed(record: Plain, changes: Sequence[Change]) -> Plain:
    """The record after all changes, in their order. Raises BadAsk where a field is not there."""
    fresh = deepcopy(record)
    for change in changes:
        _apply(fresh, change)
    return fresh


def differing(before: Any, after: Any, path: str = "") -> dict[str, Any]:
    """Dotted field -> its new value, for every field that is not the same."""
    if isinstance(before, dict) and isinstance(after, dict):
        pairs = [(str(name), before.get(name), after[name]) for name in after]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = [(str(place), *both) for place, both in enumerate(zip(before, after, strict=True))]
    else:
        return {} if before == after else {path: after}
    found: dict[str, Any] = {}
    for name, old, new in pairs:
        found |= differing(old, new, f"{path}.{name}" if path else name)
    return found


def faults_of(patch: Patch) -> list[str]:
    """What its examples show to be wrong; a change that no example tries counts as wrong."""
    faults = []
    for number, example in enumerate(patch.examples, 1):
        try:
            got = transformed(example.before, patch.changes)
        except BadAsk as error:
            faults.append(f"example {number}: {error}")
            continue
        for field, value in differing(example.after, got).items():
            wanted = _at(example.after, field)
            faults.append(f"example {number}: {field} becomes {value!r}, the example says {wanted!r}")
    for number, change in enumerate(patch.changes, 1):
        if not any(_does_something(change, example.before, patch.changes[: number - 1]) for example in patch.examples):
            faults.append(f"change {number} ({change.field}): no example tries it")
    return faults


def _apply(record: Plain, change: Change) -> None:
    if any(str(_at(record, field)) != str(value) for field, value in change.where.items()):
        return
    for path in list(_paths(record, change.field)):
        put(record, path, _new(record, get(record, path), change))


def _new(record: Plain, value: Any, change: Change) -> Any:
    if change.clear:
        return None
    if change.set is not None:
        return change.set
    if change.copy_from is not None:
        return get(record, change.copy_from)
    if change.map:
        return change.map.get(str(value), value)
    if not isinstance(value, str):
        return value
    return {"trim": value.strip(), "upper": value.upper(), "lower": value.lower()}[change.text or "trim"]


def _paths(record: Plain, path: str) -> Iterator[str]:
    """A path with each `*` as every number that the list there has. A list that is absent has none."""
    head, star, rest = path.partition(".*")
    if not star:
        yield path
        return
    inner = get(record, head)
    for place in range(len(inner) if isinstance(inner, list) else 0):
        yield from _paths(record, f"{head}.{place}{rest}")


def _at(record: Any, path: str) -> Any:
    try:
        return get(record, path)
    except BadAsk:
        return None


def _does_something(change: Change, before: Plain, earlier: Sequence[Change]) -> bool:
    try:
        there = transformed(before, earlier)
        return transformed(there, [change]) != there
    except BadAsk:
        return False
