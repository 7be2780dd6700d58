"""The sink of a target that is a dictionary."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from schemas.reasons import Reason
from schemas.records import Command
from sinks.errors import Refused
from sinks.fingerprint import body_of
from sinks.memory.faults import Faults, When
from sinks.port import Fields, Found, Target, Written


class MemoryTarget:
    """What the target holds: it outlives the sinks that write to it, as a real one would."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], dict[str, Any]] = {}
        self.faults = Faults()
        self.writes: list[str] = []  #: command ids in the order in which they were applied

    def created(self, kind: str, key: str) -> int:
        """How often the record was created. More than once is a duplicate."""
        return int(self.records.get((kind, key), {}).get("created", 0))


class MemorySink:
    """Records by kind and key. `orphans`: an order needs its customer, as in an ERP."""

    def __init__(self, target: Target = "erp", held: MemoryTarget | None = None, *, orphans: bool = True) -> None:
        self.name = "memory"
        self.target: Target = target
        self.held = held or MemoryTarget()
        self._orphans = orphans

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        return None

    async def ping(self) -> None:
        await self._step("ping", When.BEFORE)

    async def find(self, command: Command) -> Found | None:
        await self._step("find", When.BEFORE)
        record = self.held.records.get((command.kind, command.key))
        return None if record is None else Found(record["id"], record)

    async def write(self, command: Command, found: Found | None) -> Written:
        await self._step("write", When.BEFORE)
        if not self._orphans and command.order and ("customer.upsert", command.account_id) not in self.held.records:
            raise Refused(Reason.MAPPING_MISSING, f"the account {command.account_id} is no customer yet")
        sent = flat(body_of(command).model_dump())
        # As in most systems nothing here forbids a second record: it is `found` that prevents it.
        if found is None:
            held = self.held.records.setdefault(
                (command.kind, command.key), {"id": str(len(self.held.records) + 1), "created": 0, "fields": {}}
            )
            held["created"] += 1
        else:
            held = found.held
        held["fields"].update({name: value for name, value in sent.items() if value is not None})
        self.held.writes.append(command.command_id)
        await self._step("write", When.AFTER)
        return Written(held["id"], f"M{held['id']}", {k: v for k, v in sent.items() if v is not None})

    async def read_back(self, command: Command, written: Written) -> Fields:
        await self._step("read_back", When.BEFORE)
        fields: Fields = dict(self.held.records[command.kind, command.key]["fields"])
        return fields

    async def _step(self, step: Any, when: When) -> None:
        await asyncio.sleep(0)
        self.held.faults.check(step, when)


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested mappings and lists as one level, names joined by spaces."""
    out: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, list):
            out |= flat({f"{name} {i}": item for i, item in enumerate(value, 1)}, prefix)
        elif isinstance(value, Mapping):
            out |= flat(value, f"{prefix}{name} ")
        else:
            out[f"{prefix}{name}"] = value
    return out
