"""A flow as it is declared: one YAML file in `streams/decide/flows`."""

from __future__ import annotations

from importlib.resources import files
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.outcome import SkipWhy, WaitKind
from schemas.reasons import Reason
from schemas.records import CommandKind

Kind = Literal["effect", "letter", "hold", "skip"]
_KNOWN: dict[str, frozenset[str]] = {
    "effect": frozenset(get_args(CommandKind)),
    "letter": frozenset(reason.value for reason in Reason),
    "hold": frozenset(kind.value for kind in WaitKind),
    "skip": frozenset(why.value for why in SkipWhy),
}
Text = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Row(_Part):
    """A row of the decision table. `then` is an outcome and its name; `test` a test that shows it."""

    when: Text
    then: Text
    test: Annotated[str, Field(pattern=r"^test_\w+\.py::test_\w+$")]

    @property
    def kind(self) -> str:
        return self.then.partition(" ")[0]

    @property
    def name(self) -> str:
        return self.then.partition(" ")[2]

    @model_validator(mode="after")
    def _known(self) -> Row:
        if self.name not in _KNOWN.get(self.kind, ()):
            raise ValueError(f"{self.then!r} is no outcome")
        return self


class Flow(_Part):
    """A flow. The first row that holds decides."""

    id: Annotated[str, Field(pattern=r"^(FL|DR)\d+$")]
    module: Text
    title: Text
    trigger: Text
    topics: list[Text]
    facts: list[Text]
    rows: list[Row]
    effect: Text
    write_back: Text
    owner: Text


def flows() -> list[Flow]:
    """Every declared flow, by id. ValidationError where a file is none; a test holds that this does not happen."""
    folder = files("streams").joinpath("decide", "flows")
    texts = [entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml")]
    found = [Flow.model_validate(yaml.safe_load(text)) for text in texts]
    return sorted(found, key=lambda flow: (flow.id[:2] != "FL", int(flow.id[2:])))
