"""What a comparison finds: differences of one record, and how each rule's fields come to one. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

from reconciler.explain import explain_fields
from reconciler.rows import StateRecord
from reconciler.rules import FieldRule, Owner, Severity
from reconciler.tolerance import Value, agree
from reconciler.transforms import READINGS, Reading
from schemas.money import round_money
from schemas.records import DriftField, DriftKind

#: Of one look at a record. `erp_only`: it never came from the CRM; `out_of_scope`: its account is not in the pilot.
Result = Literal[
    "in_step",
    "within_tolerance",
    "in_flight",
    "missing_in_erp",
    "missing_in_crm",
    "deleted_on_one_side",
    "duplicate",
    "field_mismatch",
    "total_mismatch",
    "erp_only",
    "out_of_scope",
]
RANK: dict[Severity, int] = {"high": 0, "medium": 1, "low": 2}
KINDS: tuple[DriftKind, ...] = get_args(DriftKind)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference of one record. `money` is ERP minus CRM, None where no amount is concerned.

    `at_stake` is what may be wrong at most, never negative; `owner` is whose value is right.
    """

    kind: DriftKind
    severity: Severity
    explanation: str
    owner: Owner = "people"
    fields: tuple[DriftField, ...] = ()
    money: Decimal | None = None
    currency: str | None = None
    at_stake: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """At most one difference of each kind, the worst first; `result` is its kind.

    `tolerated` names fields that differ within what their rules allow.
    """

    result: Result
    differences: tuple[Difference, ...] = ()
    tolerated: tuple[str, ...] = ()


@dataclass(slots=True)
class Found:
    """Fields that differ, as they are found, and what is said of them together."""

    fields: list[DriftField] = field(default_factory=list)
    rules: list[FieldRule] = field(default_factory=list)
    tolerated: list[str] = field(default_factory=list)

    def add(self, rule: FieldRule, crm: str, erp: str) -> None:
        self.fields.append(DriftField(name=rule.name, crm=crm, erp=erp))
        self.rules.append(rule)

    @property
    def severity(self) -> Severity:
        return min((rule.severity for rule in self.rules), key=lambda one: RANK[one], default="low")

    @property
    def owner(self) -> Owner:
        """The one owner of all of them; where they have several, people have to look."""
        owners = {rule.owner for rule in self.rules}
        return owners.pop() if len(owners) == 1 else "people"

    def mismatch(self, what: str, amount: Decimal | None = None, currency: str | None = None) -> Difference:
        """All of them as one difference. `amount` is the record's, in `currency`."""
        weight = max((rule.weight for rule in self.rules), default=Decimal(0))
        stake = round_money(abs(amount) * weight, currency) if amount is not None and currency and weight else None
        words = explain_fields(what, self.fields)
        return Difference(
            "field_mismatch", self.severity, words, self.owner, tuple(self.fields),
            None, currency if stake is not None else None, stake,
        )  # fmt: skip


def compare_fields(rules: Iterable[FieldRule], crm: StateRecord, erp: StateRecord) -> Found:
    """What differs by these rules, on the day of the newer of the two changes."""
    on: date | None = None
    found = Found()
    for rule in rules:
        ours, theirs = getattr(crm, rule.crm), getattr(erp, rule.erp)
        if ours == theirs and rule.crm_as == rule.erp_as:
            continue  # most fields of most records: however they are read
        if rule.dated:
            on = on or newest_day(crm, erp)
            if not rule.valid(on):
                continue
        wanted, held = read(ours, rule.crm_as), read(theirs, rule.erp_as)
        if wanted in (None, "") or (rule.erp_may_lack and held in (None, "")):
            continue
        match agree(wanted, held if held is not None else "", rule.tolerance):
            case "differ":
                found.add(rule, _text(ours), _text(theirs))
            case "within":
                found.tolerated.append(rule.name)
            case "equal":
                pass
    return found


def newest_day(*records: StateRecord) -> date:
    """The day, UTC, on which the newest of the records changed at its source."""
    moments: Sequence[datetime] = [one.meta.occurred_at for one in records]
    return max(one.astimezone(UTC) if one.tzinfo else one.replace(tzinfo=UTC) for one in moments).date()


def read(value: Any, reading: Reading) -> Value:
    """A field's value as its rule reads it: texts are transformed, numbers and dates stay."""
    if isinstance(value, str):
        return READINGS[reading](value)
    known: Value = value
    return known


def _text(value: Any) -> str:
    return "" if value is None else str(value)
