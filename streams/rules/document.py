"""A rule as it is written: one YAML file, one rule. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import yaml
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
)

from streams.rules.errors import Unreadable

_ID = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
#: An expression; YAML makes `true` and `2000` other things than text.
Text = Annotated[StrictStr, BeforeValidator(lambda v: json.dumps(v) if isinstance(v, bool | int) else v)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Example(_Part):
    """Facts, and what the rule must answer for them. Facts that are left out have the decision's first sample."""

    facts: Mapping[str, StrictBool | StrictInt | StrictStr] = Field(default_factory=dict)
    value: StrictBool | StrictInt | StrictStr
    at: Instant | None = None  #: an instant at which the rule must be in force


class Row(_Part):
    """The first row whose `when` holds answers. Both are expressions in CEL."""

    when: Text = "true"
    value: Text
    why: str = Field(min_length=1)
    examples: tuple[Example, ...] = ()


class Rule(_Part):
    """One rule. In force from `from` until just before `to`, by the time at which an event was received."""

    id: str = Field(pattern=_ID)
    version: int = Field(ge=1)
    owner: str = Field(min_length=1)
    title: str = Field(min_length=1)
    decides: str
    start: Instant | None = Field(default=None, alias="from")
    end: Instant | None = Field(default=None, alias="to")
    rows: tuple[Row, ...] = Field(min_length=1)

    def in_force(self, at: datetime) -> bool:
        return (self.start is None or at >= self.start) and (self.end is None or at < self.end)


def read_rule(name: str, text: str) -> Rule:
    """The rule in a file's text. Raises Unreadable with what is wrong and where."""
    try:
        content: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise Unreadable(f"{name}: {' '.join(str(error).split())}") from None
    try:
        return Rule.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise Unreadable(f"{name}: {where}: {first['msg']}") from None
