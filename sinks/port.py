"""What a sink is: three questions to a target, and how they are asked.

For one command the runner calls, in this order and never two at once for one account:

    find       does the target hold the record already? by our external id, before anything is sent
    write      make it so, from whatever was found; every step may be met half done
    read_back  what the target holds now, to be compared with `Written.sent`

Each raises `sinks.errors.TargetError` (judged, perhaps repeated from `find`) or `AccessDenied` (the worker stops).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, Protocol, Self, runtime_checkable

from schemas.records import Command, Conversion

Target = Literal["erp", "crm"]
Value = str | Decimal | int | None
#: A flat view of a record: `name`, `line 1 amount`. Names are for people; a letter shows them.
Fields = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Found:
    """The target's record of a command. `held` is the sink's own: what it needs to write."""

    external_id: str
    held: Any = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left in the target. `sent` are the values that it must now hold."""

    external_id: str
    external_number: str = ""
    sent: Fields = field(default_factory=dict)


class Sink(Protocol):
    """One target. Entered once by the worker; its methods run concurrently for different accounts."""

    @property
    def name(self) -> str:
        """The system: `tryton`, `postgres_crm`."""
        ...

    @property
    def target(self) -> Target: ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    async def ping(self) -> None:
        """Ask for something small that needs all of the target. Raises TargetError."""
        ...

    async def find(self, command: Command) -> Found | None: ...

    async def write(self, command: Command, found: Found | None) -> Written: ...

    async def read_back(self, command: Command, written: Written) -> Fields: ...


@runtime_checkable
class Converts(Protocol):
    """A sink whose target keeps its books in one currency, and converts what is in another."""

    async def conversion(self, command: Command, written: Written) -> Conversion | None:
        """What the target converted for a command that was read back. Raises TargetError.

        None where the amount is in the currency of the books, or nothing was converted. Refused where the books hold
        another amount than the rate gives.
        """
        ...


@runtime_checkable
class Remembers(Protocol):
    """A sink that can tell how a record of its target stood before a write, so that the write can be undone."""

    def image(self, command: Command, found: Found) -> dict[str, Any] | None:
        """The body of a command that would write the record back as it was found: {"customer": {...}}.

        None where the target does not allow that.
        """
        ...
