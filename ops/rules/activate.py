"""Putting a set of rules live, and taking it back: one transaction, while no batch is being decided.

An activation waits for every partition's turn. So no worker is between deciding and remembering when the marks are
read, and the first record that the new set decides is, in each partition, the first that nobody has decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from ops.access.people import Actor
from ops.audit.chain import Act
from ops.audit.store import append
from ops.rules.errors import Refused
from schemas.topics import CLEAN, REDRIVE
from streams.agents.rulebook import Rulebook
from streams.facts import take_turn
from streams.rules import Rules, rules_of
from streams.rules.book import Book
from streams.rules.check import faults_of
from streams.runtime.tables import rule_activations, rule_marks, rule_proposals, rule_sets

_PARTITIONS = max(topic.partitions for topic in (*CLEAN, REDRIVE["decide"]))


@dataclass(frozen=True, slots=True)
class Alone:
    """How much one person may change without a second: changed outcomes, and money in any one currency."""

    events: int
    money: Decimal


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for it, and why. `forecast` is what `meshline rules shadow` said, as JSON."""

    actor: Actor
    why: str
    forecast: Mapping[str, Any] | None = None
    audit_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Live:
    """What decides now, and what decided before. `waits` says why a second person is needed: nothing was changed."""

    version: str
    before: str
    seq: int = 0
    waits: str = ""


async def activate(
    connection: AsyncConnection, texts: Mapping[str, str], asked: Asked, alone: Alone, shipped: Rules, now: datetime
) -> Live:
    """Put a set live, or propose it where a second person is needed. Raises Refused, Unreadable."""
    if faults := faults_of(texts):
        raise Refused(f"{len(faults)} faults, the first in {faults[0].where}: {faults[0].what}")
    rules = rules_of(texts)
    book = await _locked_book(connection, shipped)
    live = book.newest().version
    if rules.version == live:
        raise Refused(f"{live} decides already")
    _check_forecast(asked.forecast, rules.version, live)
    proposal = await _proposal(connection, rules.version, live)
    other = proposal.by_whom if proposal is not None and proposal.by_whom != asked.actor.name else None
    waits = needs_second(asked.forecast, alone)
    if waits and other is None:
        await _propose(connection, rules.version, live, asked, now)
        return Live(live, live, book.seq, waits)
    kept = upsert(rule_sets).values(version=rules.version, texts=dict(texts), added_at=now)
    await connection.execute(kept.on_conflict_do_nothing())
    await _put(connection, book, rules.version, book.seq, "activate", asked, now, other)
    return Live(rules.version, live, book.seq + 1)


async def revert(connection: AsyncConnection, asked: Asked, shipped: Rules, now: datetime) -> Live:
    """Bring back the set that was active before. Raises Refused where none was."""
    book = await _locked_book(connection, shipped)
    if not book.activations:
        raise Refused("no set was ever activated: the shipped one decides")
    beneath = book.activations[-1].beneath
    target = next((one for one in book.activations if one.seq == beneath), None)
    if beneath == 0 and book.activations[-1].version == "":
        raise Refused("the shipped set decides, and nothing is beneath it")
    version, further = (target.version, target.beneath) if target is not None else ("", 0)
    await _put(connection, book, version, further, "revert", asked, now, None)
    return Live(version or shipped.version, book.newest().version, book.seq + 1)


def needs_second(forecast: Mapping[str, Any] | None, alone: Alone) -> str:
    """Why one person is not enough; "" where one is."""
    if forecast is None:
        return "without a forecast nobody knows what it changes"
    if int(forecast["changed"]) > alone.events:
        return f"{forecast['changed']} outcomes would change, and one person may change {alone.events}"
    for currency, amount in sorted(forecast["money"].items()):
        if Decimal(amount) > alone.money:
            return f"{amount} {currency} would be decided otherwise, and one person may change {alone.money}"
    return ""


def _check_forecast(forecast: Mapping[str, Any] | None, candidate: str, live: str) -> None:
    if forecast is None:
        return
    try:
        said = (str(forecast["candidate"]), str(forecast["live"]), int(forecast["changed"]))
        {str(currency): Decimal(amount) for currency, amount in forecast["money"].items()}
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError):
        raise Refused("the forecast is not what `meshline rules shadow --json` writes") from None
    if said[:2] != (candidate, live):
        raise Refused(f"the forecast is for {said[0]} in place of {said[1]}, not for {candidate} in place of {live}")


async def _locked_book(connection: AsyncConnection, shipped: Rules) -> Book:
    await connection.execute(text("set local lock_timeout = '30s'"))
    for partition in range(_PARTITIONS):  # always in this order, and a batch takes one only: nobody waits in a ring
        await take_turn(connection, partition)
    return await Rulebook().read(connection, shipped)


async def _put(
    connection: AsyncConnection,
    book: Book,
    version: str,
    beneath: int,
    kind: str,
    asked: Asked,
    now: datetime,
    second: str | None,
) -> None:
    marks = (await connection.execute(select(rule_marks))).all()
    first = {f"{mark.topic}/{mark.partition}": mark.next_offset for mark in marks}
    row = {"seq": book.seq + 1, "version": version, "beneath": beneath, "first": first, "kind": kind, "at": now}
    # The one who proposed it stands first, the one who put it live second.
    people = {"by_whom": second or asked.actor.name, "second": asked.actor.name if second else None, "why": asked.why}
    forecast = dict(asked.forecast) if asked.forecast is not None else None
    await connection.execute(insert(rule_activations).values(**row, **people, forecast=forecast))
    await connection.execute(delete(rule_proposals))
    before, after = {"version": book.newest().version}, {"version": version or book.shipped.version, "seq": row["seq"]}
    await _record(connection, asked, f"rules.{kind}", after["version"], before, after | people, now)


async def _propose(connection: AsyncConnection, version: str, live: str, asked: Asked, now: datetime) -> None:
    forecast = dict(asked.forecast) if asked.forecast is not None else None
    row = {"live": live, "by_whom": asked.actor.name, "why": asked.why, "forecast": forecast, "at": now}
    fresh = upsert(rule_proposals).values(version=version, **row)
    await connection.execute(fresh.on_conflict_do_update(index_elements=["version"], set_=row))
    await _record(connection, asked, "rules.propose", version, {"version": live}, {"version": version}, now)


async def _proposal(connection: AsyncConnection, version: str, live: str) -> Any:
    mine = (rule_proposals.c.version == version) & (rule_proposals.c.live == live)
    return (await connection.execute(select(rule_proposals).where(mine))).one_or_none()


async def _record(
    connection: AsyncConnection, asked: Asked, action: str, version: object, before: Any, after: Any, now: datetime
) -> None:
    actor = asked.actor
    act = Act(actor.name, actor.role.value, actor.door, action, str(version), asked.why, before=before, after=after)
    await append(connection, act, now, asked.audit_key)
