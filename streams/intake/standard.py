"""The one place where fields on their way from raw to clean take their standard form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.codec import ContractViolation
from schemas.records import Operation
from streams.standards import refusal, standardise_fields, suggestion_of


class NotStandard(ContractViolation):
    """A field cannot be put into its standard form; `suggestion` names the nearest candidates."""

    def __init__(self, message: str, suggestion: str) -> None:
        super().__init__(message)
        self.suggestion = suggestion


def standard(record: str, operation: Operation, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a record (`Account`) as clean topics carry them. Raises NotStandard, but not for a deletion."""
    done = standardise_fields(record, fields)
    if done.faults and operation != "delete":
        raise NotStandard(refusal(record, done.faults), suggestion_of(done.faults))
    return done.values
