"""One customer in two systems and the line between them: people change either side, the line tells and carries.

`Line` runs the decisions with their facts; a `Systems` is the CRM and the ERP, in memory here, real elsewhere.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from schemas.outcome import DeadLetter, Forward, Outcome
from schemas.records import Account, Command, Customer, CustomerUpsert, Envelope, Stamped
from sinks.tryton.strangers import spare
from streams.decide import Policy, decide
from streams.facts.view import View

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
US, CLERK = 1, 2  #: the ERP's ids of our user and of a person


class Systems(Protocol):
    """The two sides of the customer `a1`."""

    async def change_crm(self, name: str, value: str) -> None: ...

    async def change_erp(self, name: str, value: str) -> None: ...

    async def tell_crm(self) -> Account | None:
        """The account as it is, where it changed since it was told last."""
        ...

    async def tell_erp(self) -> Customer | None: ...

    async def carry(self, command: Command) -> None: ...

    async def values(self, name: str) -> tuple[str | None, str | None]:
        """What the CRM and the ERP hold."""
        ...


def envelope(entity: str, side: str, at: int, by: str, key: str = "a1") -> Envelope:
    moment = EPOCH + timedelta(microseconds=at)
    values: dict[str, Any] = {"event_id": f"{entity}-{key}-{at}", "source": "cdc:crm" if side == "crm" else "poll:erp"}
    values |= {"side": side, "entity": entity, "key": key, "account_id": key, "operation": "update", "version": at}
    values |= {"occurred_at": moment, "received_at": moment, "actor": by, "origin": f"raw/0/{at}"}
    return Envelope(**values)


@dataclass
class Line:
    """Decides what it is told; commands wait for the sinks in their order."""

    systems: Systems
    view: View = field(default_factory=lambda: View(codes={"a1": "C1"}, customers={"a1"}))
    erp: deque[Command] = field(default_factory=deque)
    crm: deque[Command] = field(default_factory=deque)
    letters: list[tuple[Stamped, DeadLetter]] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def hear(self, event: Stamped) -> None:
        facts = self.view.facts_for(event, None)
        outcome = decide(event, facts, Policy(), event.meta.received_at)
        self.view.learn(event, outcome)
        self.outcomes.append(outcome)
        if isinstance(outcome, DeadLetter):
            self.letters.append((event, outcome))
        elif isinstance(outcome, Forward):
            for record in outcome.records:
                assert isinstance(record.value, Command)
                (self.crm if record.value.kind == "account.adopt" else self.erp).append(record.value)

    async def step(self, name: str) -> bool:
        """One step of the line: crm, erp (what changed is told), to_crm, to_erp (the next command is carried)."""
        if name in ("crm", "erp"):
            event = await (self.systems.tell_crm() if name == "crm" else self.systems.tell_erp())
            if event is not None:
                self.hear(event)
            return event is not None
        waiting = self.crm if name == "to_crm" else self.erp
        if waiting:
            await self.systems.carry(waiting.popleft())
            return True
        return False

    async def rest(self) -> None:
        """Step until nothing is left to do. Fails where that does not end."""
        for _ in range(60):
            moved = [await self.step(name) for name in ("crm", "erp", "to_erp", "to_crm")]
            if not any(moved):
                return
        raise AssertionError("the line does not come to rest")


@dataclass
class InMemory:
    """Both systems by the rules of their sinks. Every change takes a tick of one clock, in microseconds."""

    now: int = 1_000_000
    crm: dict[str, str | None] = field(default_factory=dict)
    erp: dict[str, str | None] = field(default_factory=dict)
    writers: dict[str, int] = field(default_factory=dict)  #: the ERP's rows by field: who wrote them last
    crm_at: tuple[int, str] = (0, "")
    erp_at: tuple[int, str] = (0, "")
    _told: dict[str, int] = field(default_factory=dict)

    def _tick(self) -> int:
        self.now += 1
        return self.now

    async def change_crm(self, name: str, value: str) -> None:
        self.crm[name], self.crm_at = value, (self._tick(), "seller")

    async def change_erp(self, name: str, value: str) -> None:
        self.erp[name], self.erp_at = value, (self._tick(), "clerk")
        self.writers[name] = CLERK

    async def tell_crm(self) -> Account | None:
        at, by = self.crm_at
        if self._told.get("crm") == at:
            return None
        self._told["crm"] = at
        return Account(meta=envelope("account", "crm", at, by), id="a1", **self.crm)  # type: ignore[arg-type]

    async def tell_erp(self) -> Customer | None:
        at, by = self.erp_at
        if not self.erp or self._told.get("erp") == at:
            return None
        self._told["erp"] = at
        stamp = envelope("customer", "erp", at, by)
        return Customer(meta=stamp, id="a1", erp_id="7", code="C1", **self.erp)  # type: ignore[arg-type]

    async def carry(self, command: Command) -> None:
        if command.account is not None:
            at, by = self.crm_at
            if by == "meshline" or EPOCH + timedelta(microseconds=at) <= command.occurred_at:
                body = command.account.model_dump(exclude_none=True)
                self.crm |= body
                self.crm_at = (self._tick(), "meshline")
            return
        assert command.customer is not None
        body_ = spare(self._row(), command.customer, command.expects, US) if self.erp else command.customer
        wanted = self._shared(body_)
        changed = {name: value for name, value in wanted.items() if self.erp.get(name) != value}
        if changed:
            self.erp |= changed
            self.writers |= dict.fromkeys(changed, US)
            self.erp_at = (self._tick(), "meshline")

    async def values(self, name: str) -> tuple[str | None, str | None]:
        return self.crm.get(name), self.erp.get(name)

    def _shared(self, body: CustomerUpsert) -> dict[str, str | None]:
        return {name: getattr(body, name) for name in self.crm}

    def _row(self) -> dict[str, Any]:
        """The ERP's row, as its API gives it."""
        by = {name: {"write_uid": who, "create_uid": US} for name, who in self.writers.items()}
        contacts = [
            {"id": n, "type": kind, "value": self.erp[kind], **by[kind]}
            for n, kind in enumerate(("email", "phone"))
            if self.erp.get(kind)
        ]
        place = {"id": 1, "street": None, "postal_code": None, "city": self.erp.get("city"), "country.": None}
        return {
            "id": 7,
            "name": self.erp.get("name"),
            "code": "C1",
            "write_uid": self.writers.get("name", US),
            "create_uid": US,
            "identifiers.": [],
            "addresses.": [{**place, **by.get("city", {"write_uid": US, "create_uid": US})}],
            "contact_mechanisms.": contacts,
        }


async def agreed() -> tuple[Line, InMemory]:
    """A customer that both sides hold alike, as the line has seen."""
    systems = InMemory(crm={"name": "Ada", "city": "Köln", "email": "a@example.org"}, crm_at=(5, "seller"))
    line = Line(systems)
    await line.rest()
    assert systems.erp == systems.crm
    line.letters.clear()
    return line, systems
