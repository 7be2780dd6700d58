"""What a data contract says, as strict models: unknown keys and wrong types are refused.

A contract describes one record that travels; a part describes a record that only occurs inside others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

#: Whose value counts. `meshline` for what the line itself makes, `source` for what a sender says of itself.
System = Literal["crm", "erp", "meshline", "source"]
#: Which way the value is carried to the other system; `none` where it stays.
Direction = Literal["crm_to_erp", "erp_to_crm", "none"]
Compatibility = Literal[
    "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"
]
PiiTag = Literal["person_name", "email", "phone", "postal_address", "tax_id", "free_text", "user"]

_DURATION = TypeAdapter(timedelta)


def _iso_duration(value: Any) -> timedelta:
    """A length of time as ISO 8601 text, such as PT15M: the unit is written with the number."""
    if not isinstance(value, str) or not value.startswith("P"):
        raise ValueError("must be an ISO 8601 duration such as PT15M")
    return _DURATION.validate_python(value)


Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Team = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
Duration = Annotated[timedelta, BeforeValidator(_iso_duration)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FieldTerms(_Strict):
    """One field.

    `type` is one of string, integer, boolean, bytes, timestamp, date, decimal(P,S), `record X`, `list of X`.
    `required` means that it is never null. `unit` names what a number counts, `currency` the field beside it that
    holds the ISO 4217 code of an amount. `rules` are those of `schemas.contracts.rules`.
    """

    type: Annotated[
        str,
        Field(pattern=r"^(string|integer|boolean|bytes|timestamp|date|decimal\(\d+,\d+\)|(record|list of) [A-Z]\w*)$"),
    ]
    required: bool
    system_of_record: System
    direction: Direction
    meaning: Text
    unit: Text | None = None
    currency: Name | None = None
    rules: list[Text] = []
    example: str | int | bool | None = None

    @property
    def nested(self) -> str | None:
        """The record that the field holds, one or a list; None for plain values."""
        return self.type.rpartition(" ")[2] if " " in self.type else None


class Part(_Strict):
    """A record that occurs inside others. `pii` maps a field to what kind of personal data it holds."""

    id: Name
    record: Annotated[str, Field(pattern=r"^[A-Z]\w*$")] | None
    meaning: Text
    pii: dict[str, PiiTag] = {}
    fields: dict[str, FieldTerms]


class Sla(_Strict):
    """`freshness`: age of the newest truth at most. `processing`: from arrival to this topic at most."""

    freshness: Duration
    processing: Duration
    sync: Text  #: how often the other side is told, in words


class DataContract(Part):
    """One record on its topics. `record` is None where the bytes are somebody else's; then there are no fields.

    `key` is the field that is the record's key on the topic, `partition_key` the one that decides its partition;
    both are dotted paths, or words in parentheses where the bytes are somebody else's. `topics` may end in `.*`.
    """

    version: Annotated[int, Field(ge=1)]
    kind: Literal["entity", "technical"]
    owner: Team
    backup: Team
    contact: Text
    sla: Sla
    key: Text
    partition_key: Text
    compatibility: Compatibility
    topics: list[Text]
