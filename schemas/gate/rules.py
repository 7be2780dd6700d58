"""The catalogue of rules, read from `rules.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

Severity = Literal["breaking", "agreement", "input", "waiver"]


class Rule(BaseModel):
    """One rule: what it finds, why it matters, what to do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    name: str
    title: str
    severity: Severity
    why: str
    example: str
    remedy: str
    waivable: bool = True

    def page(self) -> str:
        """The rule explained, as text for a terminal."""
        example = "\n".join(f"    {line}" for line in self.example.rstrip().splitlines())
        waiver = "" if self.waivable else "\n\nCannot be waived."
        head = f"{self.id} {self.name} ({self.severity})\n{self.title}.\n\n"
        return f"{head}Why\n    {self.why}\n\nExample\n{example}\n\nWhat to do\n    {self.remedy}{waiver}"


@cache
def catalogue() -> dict[str, Rule]:
    """Every rule by its id."""
    document = yaml.load(files("schemas.gate").joinpath("rules.yaml").read_text("utf-8"), yaml.CSafeLoader)
    return {rule_id: Rule(id=rule_id, **entry) for rule_id, entry in document["rules"].items()}


def find_rule(text: str) -> Rule | None:
    """A rule by its id or its name, in any case."""
    wanted = text.strip().lower()
    return next((rule for rule in catalogue().values() if wanted in (rule.id.lower(), rule.name)), None)
