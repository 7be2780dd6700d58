"""What was sent against what is there (SK2). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from sinks.port import Fields, Value


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that does not hold what was sent. `found` is None where the field is absent or empty."""

    field: str
    sent: Value
    found: Value

    def __str__(self) -> str:
        return f"{self.field}: sent {_shown(self.sent)}, found {_shown(self.found)}"


def differences(sent: Fields, found: Fields) -> list[Difference]:
    """Every sent field that reads back otherwise. Numbers compare by value, exactly; text to the letter."""
    return [
        Difference(name, value, found.get(name)) for name, value in sent.items() if not _same(value, found.get(name))
    ]


def _same(sent: Value, found: Value) -> bool:
    # An empty text and none are one: most systems store one for the other.
    return (sent or None) == (found or None) if _texts(sent, found) else type(sent) is type(found) and sent == found


def _texts(*values: Value) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _shown(value: Value) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    return "nothing" if value is None else repr(value)
