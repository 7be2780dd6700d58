"""A record's fields in standard form, by `fields.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, assert_never

from pydantic import BaseModel, ConfigDict, Field

from streams.standards.answer import Answer, Standard, Unreadable
from streams.standards.countries import standardise_country
from streams.standards.currencies import standardise_currency
from streams.standards.dates import standardise_date
from streams.standards.domains import standardise_domain
from streams.standards.phones import standardise_phone
from streams.standards.states import standardise_state
from streams.standards.tax_ids import standardise_tax_id
from streams.standards.text import reference, standardise_text

Kind = Literal["text", "country", "state", "currency", "date", "phone", "tax_id", "domain"]


class FieldStandard(BaseModel):
    """How one field is standardised, and what it means when it cannot be."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = Field(alias="as")
    otherwise: Literal["refuse", "keep"] = Field(default="keep", alias="else")
    refuse_in: frozenset[str] = frozenset()  #: countries (alpha-2)

    def refuses(self, country: str | None) -> bool:
        return self.otherwise == "refuse" or country in self.refuse_in


@dataclass(frozen=True, slots=True)
class Fault:
    """A field that cannot be standardised and must be."""

    field: str
    value: str
    problem: Unreadable


@dataclass(frozen=True, slots=True)
class Standardised:
    """The fields, standard where they can be; `faults` where they must be and cannot."""

    values: dict[str, Any]
    faults: tuple[Fault, ...] = ()


def standardise_fields(record: str, values: Mapping[str, Any]) -> Standardised:
    """The fields of a record (`Account`) as they go on. What is no text stays as it is; empty texts stay empty.

    `country` comes first: state, telephone number and tax id are read by it.
    """
    given = dict(values)
    faults: list[Fault] = []
    rules = field_standards().get(record, {})
    for name in sorted(rules, key=lambda name: name != "country"):
        text = given.get(name)
        if not isinstance(text, str):
            continue
        given[name] = standardise_text(text)
        if not given[name]:
            continue
        country = given.get("country")
        country = country if isinstance(country, str) and country else None
        match _standardise(rules[name].kind, given[name], country):
            case Standard(value):
                given[name] = value
            case Unreadable() as problem if rules[name].refuses(country):
                faults.append(Fault(name, given[name], problem))
            case Unreadable():
                pass
    return Standardised(given, tuple(faults))


@cache
def field_standards() -> Mapping[str, Mapping[str, FieldStandard]]:
    """Record -> field -> how it is standardised."""
    return {
        record: {name: FieldStandard.model_validate(body) for name, body in fields.items()}
        for record, fields in reference("fields")["records"].items()
    }


def _standardise(kind: Kind, text: str, country: str | None) -> Answer:  # noqa: PLR0911 - one line per kind
    match kind:
        case "text":
            return Standard(text)
        case "country":
            return standardise_country(text)
        case "state":
            return standardise_state(text, country)
        case "currency":
            return standardise_currency(text)
        case "date":
            return standardise_date(text)
        case "phone":
            return standardise_phone(text, country)
        case "tax_id":
            return standardise_tax_id(text, country)
        case "domain":
            return standardise_domain(text)
        case _:
            assert_never(kind)
