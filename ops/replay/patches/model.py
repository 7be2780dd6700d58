"""What a patch file says. Strict: unknown fields are refused."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ops.cases.asks import Ask, Why, Word
from ops.replay.asks import Selection

Path = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[a-z_0-9]+(\.([a-z_0-9]+|\*))*$")]


class Change(Ask):
    """One field; `lines.*.sku` is the field of every line. Exactly one of `set`, `map`, `copy_from`, `text`.

    `map`: old value -> new one, others stay. `copy_from`: another field of the record. `where`: only where these
    fields have these values.
    """

    field: Path
    where: dict[Path, str | None] = Field(default_factory=dict)
    set: str | None = None
    clear: bool = False
    map: dict[str, str] = Field(default_factory=dict)
    copy_from: Path | None = None
    text: Literal["trim", "upper", "lower"] | None = None

    @model_validator(mode="after")
    def _one_act(self) -> Change:
        if (
            sum((self.set is not None, self.clear, bool(self.map), self.copy_from is not None, self.text is not None))
            != 1
        ):
            raise ValueError("say one of set, clear, map, copy_from, text")
        return self


class Example(Ask):
    """A part of a record, before and after. `after` is compared whole."""

    before: dict[str, Any]
    after: dict[str, Any]


class Patch(Ask):
    """`reviewed_by`: the person who read it; somebody else applies it, and a second person agrees to the preview."""

    name: Word
    why: Why
    reviewed_by: Word
    selection: Selection
    changes: Annotated[list[Change], Field(min_length=1, max_length=50)]
    examples: Annotated[list[Example], Field(min_length=1, max_length=200)]

    @property
    def digest(self) -> str:
        """Of all that it says."""
        return sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        return f"{self.name}@{self.digest}"
