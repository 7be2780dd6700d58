"""What a webhook's body becomes, and how its envelope is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from schemas.codec import ContractViolation, validate
from schemas.records import (
    Account,
    Charge,
    Contact,
    Contract,
    Entity,
    Envelope,
    Operation,
    Opportunity,
    Refund,
    Stamped,
)
from streams.intake.standard import standard

Change = Account | Contact | Contract | Opportunity | Charge | Refund
R = TypeVar("R", bound=Stamped)


@dataclass(frozen=True, slots=True)
class Unhandled:
    """A sound event that no flow takes: `kind` is the sender's name for it."""

    kind: str
    why: str


#: A violation stands among the events of a body whose other events are sound.
Found = Change | Unhandled | ContractViolation


class Stamp(Protocol):
    """Makes an envelope; ids, the clock and the raw record's coordinates are the caller's."""

    def __call__(
        self,
        entity: Entity,
        key: str,
        account_id: str,
        operation: Operation,
        occurred_at: datetime,
        actor: str | None = None,
        sequence: int = 0,
    ) -> Envelope: ...


def build(model: type[R], make_envelope: Callable[[], Envelope], fields: Mapping[str, Any]) -> R:
    """The canonical record. Raises ContractViolation that names the field, also where the envelope is refused."""
    try:
        meta = make_envelope()
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(str(part) for part in problem["loc"])
        raise ContractViolation(f"{model.__name__}: {name}: {problem['msg']}") from error
    return validate(model, {**standard(model.__name__, meta.operation, fields), "meta": meta})


def printable(text: str, limit: int = 1000) -> str:
    """The text as it can be logged, stored and sent as a header: no control characters, no half surrogates."""
    return "".join(char if char.isprintable() else "?" for char in text[:limit])
