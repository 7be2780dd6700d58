"""From an open drift to the commands that put it right. Pure.

Who owns the differing fields decides the direction. A repair is an ordinary command: it goes through the ordinary sink,
which looks up, writes, reads back and compares; the drift closes when both sides' states agree again, and not before.
The repair's name is fixed by the drift as it was told last: asked for twice, it is done once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ops.access.roles import Role
from reconciler.explain import advice
from schemas.identity import command_id_for
from schemas.outcome import DeadLetter, Forward, Hold, Outcome, Record, Skip
from schemas.records import (
    AccountWriteBack,
    Command,
    Customer,
    Drift,
    OpportunityWriteBack,
    Order,
    Stamped,
)
from streams.decide.commands import command_for
from streams.decide.facts import Facts, Known
from streams.runtime.clock import micros

Direction = Literal["erp", "crm"]
#: Whose record is read to write the other side's.
ENTITIES: dict[str, tuple[str, str]] = {"account": ("account", "customer"), "opportunity": ("opportunity", "order")}


@dataclass(frozen=True, slots=True)
class Repair:
    """`commands` are to be sent; where there are none, `why_not` tells what a person can do instead."""

    drift: Drift
    direction: Direction | None
    commands: tuple[Record, ...] = ()
    why_not: str = ""
    needs: Role = Role.OWNER  #: the least role that may send it: money takes an approver


def direction_of(drift: Drift, asked: Direction | None) -> Direction | str:
    """Where to write; else the words why nothing can be written."""
    if drift.status == "closed":
        return "the drift is closed: there is nothing to repair"
    if drift.explained_by:
        return f"it is accounted for by {drift.explained_by}: settle that first"
    if drift.entity not in ENTITIES or drift.kind in ("duplicate", "missing_in_crm", "deleted_on_one_side"):
        return advice(drift)
    owned: Direction | None = {"write_erp": "erp", "write_crm": "crm"}.get(drift.proposal)  # type: ignore[assignment]
    if asked is not None and owned is not None and asked != owned:
        return (
            f"the fields that differ belong to the {'CRM' if owned == 'erp' else 'ERP'}: it is repaired in the {owned}"
        )
    return asked or owned or f"{advice(drift)} Say which side is to be written: --to erp or --to crm."


def nonce_of(drift: Drift) -> str:
    """The repair's name."""
    return f"{drift.drift_id[:16]}-{micros(drift.observed_at)}"


def needed_role(drift: Drift) -> Role:
    """Who may send the repair."""
    return Role.APPROVER if drift.money is not None or drift.at_stake is not None else Role.OWNER


def as_never_sent(facts: Facts) -> Facts:
    """The facts of a record that was not forwarded yet: its decision is made again.

    It bills nobody anew: a repair is what lets held billing go on, and does not wait for it.
    """
    known = facts.known and replace(facts.known, fingerprint=None, fingerprint_event=None)
    return replace(facts, known=known, billing_stop=None)


def write_erp(drift: Drift, outcome: Outcome) -> Repair:
    """The ERP is to be told again what the CRM's record comes to. `outcome` is its decision `as_never_sent`."""
    match outcome:
        case Forward(commands):
            marked = tuple(_marked(one, drift) for one in commands)
            return Repair(drift, "erp", marked, needs=needed_role(drift))
        case DeadLetter(reason, detail, suggestion):
            return Repair(drift, None, why_not=f"{reason}: {detail}. {suggestion}".strip())
        case Hold(waiting_for=wait, detail=detail):
            return Repair(drift, None, why_not=f"it waits for {wait.kind} {wait.key}: {detail}")
        case Skip(why, detail):
            return Repair(drift, None, why_not=f"{why}: {detail}")


def write_crm(drift: Drift, crm: Known | None, erp: Stamped | None, now: datetime) -> Repair:
    """The CRM is to be told again what the ERP named the record."""
    if crm is None or crm.deleted or not crm.in_crm:
        return Repair(drift, None, why_not=f"the CRM's own database has no {drift.entity} {drift.key}")
    meta = crm.record.meta
    if isinstance(erp, Customer) and erp.code:
        body: AccountWriteBack | OpportunityWriteBack = AccountWriteBack(erp_customer_code=erp.code)
        record = command_for("account.link", drift.key, body, meta, meta.position, now)
    elif isinstance(erp, Order) and erp.number:
        body = OpportunityWriteBack(erp_order_number=erp.number)
        record = command_for("opportunity.link", drift.key, body, meta, meta.position, now)
    else:
        return Repair(drift, None, why_not=f"the ERP has not named {drift.entity} {drift.key} yet")
    return Repair(drift, "crm", (_marked(record, drift),), needs=needed_role(drift))


def _marked(record: Record, drift: Drift) -> Record:
    """The command as a repair: written whatever was sent last, under an id of its own."""
    command = record.value
    assert isinstance(command, Command), type(command).__name__
    nonce = nonce_of(drift)
    own = command_id_for(command.event_id, command.kind, f"{command.key}/repair/{nonce}")
    return replace(record, value=command.model_copy(update={"repair": nonce, "command_id": own}))


def shown(commands: Sequence[Record]) -> list[str]:
    """What would be sent, in words: the kind, the record and every value."""
    lines = []
    for record in commands:
        command = record.value
        assert isinstance(command, Command)
        body = command.customer or command.order or command.account or command.opportunity
        values = {} if body is None else body.model_dump(mode="json", exclude_none=True)
        lines.append(f"{record.topic}: {command.kind} {command.key} {values}")
    return lines
