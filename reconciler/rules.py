"""What is compared with what, read from `rules.yaml`: pairs of entities, their fields, how bad a difference is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from reconciler.rows import MODELS, EntityName, PairName
from reconciler.tolerance import NONE, Tolerance
from reconciler.transforms import Reading, compact

Severity = Literal["high", "medium", "low"]
#: Whose value is right when the two differ.
Owner = Literal["crm", "erp", "people"]

CLOSED_WON = "Closed Won"
CANCELLED = ("cancelled", "canceled", "cancel")


class FieldRule(BaseModel):
    """One field. A field that the CRM leaves empty is not compared: only the CRM knows what it means to say."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    crm: str  #: attribute of the CRM's record; the name where it is not given
    erp: str  #: attribute of the ERP's record; the name where it is not given
    severity: Severity
    owner: Owner
    crm_as: Reading = "exact"
    erp_as: Reading = "exact"
    erp_may_lack: bool = False  #: an ERP that leaves it empty is no drift
    tolerance: Tolerance = NONE
    weight: Annotated[Decimal, Field(ge=0, le=1)] = Decimal(0)  #: share of the record's amount that is at stake
    valid_from: date | None = None
    valid_until: date | None = None  #: the first day on which it is not valid any more

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        full = {"crm": given.get("name"), "erp": given.get("name"), **given}
        read = full.pop("read", None)
        return {"crm_as": read, "erp_as": read, **full} if read else full

    @property
    def dated(self) -> bool:
        """Whether it is in force on some days only."""
        return self.valid_from is not None or self.valid_until is not None

    def valid(self, on: date) -> bool:
        """Whether the rule is in force on that day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_until is None or on < self.valid_until
        )


class Pair(BaseModel):
    """Two entities with one key. The severities say how bad it is when one side has none, or has it twice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: PairName
    crm: EntityName
    erp: EntityName
    missing: Severity
    deleted: Severity
    duplicate: Severity
    fields: tuple[FieldRule, ...] = ()
    total: FieldRule | None = None  #: the money of the pair: its difference is a drift's `money`
    currency: FieldRule | None = None
    state: FieldRule | None = None
    lines: FieldRule | None = None

    @model_validator(mode="after")
    def _both_sides_have_it(self) -> Pair:
        for rule in (*self.fields, *filter(None, (self.total, self.currency))):
            for entity, name in ((self.crm, rule.crm), (self.erp, rule.erp)):
                if name not in MODELS[entity].model_fields:
                    raise ValueError(f"{self.name}.{rule.name}: {entity} has no {name}")
        return self

    def rule(self, field: str) -> FieldRule | None:
        """The rule of a field as a drift names it; `line X` is one of the lines."""
        if field.startswith("line "):
            return self.lines
        every = (*self.fields, *filter(None, (self.total, self.currency, self.state)))
        return next((one for one in every if field in (one.name, one.crm)), None)


def load_pairs(text: str) -> dict[PairName, Pair]:
    """The pairs of a rules file. Raises ValidationError: a rule that cannot be."""
    found = [Pair.model_validate({"name": name, **body}) for name, body in yaml.safe_load(text)["pairs"].items()]
    return {pair.name: pair for pair in found}


@cache
def _text() -> str:
    return files("reconciler").joinpath("rules.yaml").read_text("utf-8")


PAIRS: dict[PairName, Pair] = load_pairs(_text())
#: Part of the state: when it differs from what a folder was judged by, everything is judged again.
RULES_VERSION = f"{yaml.safe_load(_text())['version']}-{sha256(_text().encode()).hexdigest()[:8]}"


def is_won(stage: str) -> bool:
    """Whether a deal at this stage has an order in the ERP."""
    return compact(stage) == compact(CLOSED_WON)


def is_live(state: str) -> bool:
    """Whether an order or invoice in this state counts."""
    return state.casefold() not in CANCELLED
