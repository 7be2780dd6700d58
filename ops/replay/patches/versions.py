"""The version that a patch makes of each letter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ops.cases.errors import BadAsk
from ops.cases.reading import view_from_row
from ops.replay.edits.change import Edited, edited, plain_of
from ops.replay.edits.levels import Level, highest
from ops.replay.edits.verbs import levels_of
from ops.replay.patches.model import Patch
from ops.replay.patches.transform import differing, transformed
from schemas.codec import Codec
from schemas.reasons import Reason


@dataclass(frozen=True, slots=True)
class Patched:
    """A letter as a patch makes it; it stands in for the row of a version that is not written yet."""

    made: Edited
    levels: Mapping[str, Level]
    edit_id: str = "patched"

    @property
    def level(self) -> Level:
        return highest(self.levels.values())

    @property
    def value(self) -> bytes:
        return self.made.value

    @property
    def account_id(self) -> str:
        return self.made.account_id


@dataclass(slots=True)
class Outcome:
    """`same`: letters that the patch leaves as they are. `refused`: letter id -> why it makes no record of it."""

    patched: dict[str, Patched] = field(default_factory=dict)
    same: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        return highest(one.level for one in self.patched.values())


def patch_letters(patch: Patch, rows: Sequence[Any], edits: Mapping[str, Any], codec: Codec) -> Outcome:
    """What it makes of letters' rows, each in its newest version. Raises RegistryUnavailable."""
    outcome = Outcome()
    for row in rows:
        last = edits.get(row.letter_id)
        value = last.value if last is not None else row.message_value
        topic = view_from_row(row).original.topic
        try:
            before = plain_of(topic, value, codec)
            fields = differing(before, transformed(before, patch.changes))
            if not fields:
                outcome.same.append(row.letter_id)
                continue
            levels = levels_of(Reason(row.reason), fields)
            outcome.patched[row.letter_id] = Patched(edited(topic, value, fields, codec), levels)
        except BadAsk as error:
            outcome.refused[row.letter_id] = str(error)
    return outcome
