"""Activated rules in the operations database, as the decide agent reads them: once per batch, in its turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.rules import Rules, RulesError, rules_of
from streams.rules.book import Activation, Book, Place
from streams.runtime.logs import get_logger
from streams.runtime.tables import rule_activations, rule_marks, rule_sets

log = get_logger(__name__)


@dataclass(slots=True)
class Rulebook:
    """What one worker knows of the activations. Rows are only ever added, so it reads those that are new."""

    books: dict[str, Book] = field(default_factory=dict)  #: by the shipped set's version

    async def read(self, connection: AsyncConnection, shipped: Rules) -> Book:
        """The book as of now. Raises RulesError for a set that this program cannot use: the worker stops."""
        book = self.books.setdefault(shipped.version, Book(shipped))
        query = select(rule_activations).where(rule_activations.c.seq > book.seq).order_by(rule_activations.c.seq)
        fresh = (await connection.execute(query)).all()
        wanted = {row.version for row in fresh if row.version} - book.sets.keys()
        if wanted:
            named = select(rule_sets).where(rule_sets.c.version.in_(wanted))
            for row in (await connection.execute(named)).all():
                book.sets[row.version] = _completed(_compiled(row.version, row.texts), shipped)
        for row in fresh:
            book.activations.append(Activation(row.seq, row.version, row.beneath, places_of(row.first)))
        return book


async def mark_decided(connection: AsyncConnection, place: Place, next_offset: int) -> None:
    """Everything before the offset has been decided, by the rules that this transaction reads."""
    fresh = insert(rule_marks).values(topic=place[0], partition=place[1], next_offset=next_offset)
    further = func.greatest(rule_marks.c.next_offset, fresh.excluded.next_offset)
    await connection.execute(
        fresh.on_conflict_do_update(index_elements=["topic", "partition"], set_={"next_offset": further})
    )


def places_of(first: Mapping[str, int]) -> dict[Place, int]:
    """From `topic/partition` to places."""
    found = {}
    for name, offset in first.items():
        topic, _, partition = name.rpartition("/")
        found[topic, int(partition)] = offset
    return found


def _completed(rules: Rules, shipped: Rules) -> Rules:
    """The set was complete when it was activated: what it lacks are decisions that came with a newer program."""
    whole = rules.completed_by(shipped)
    if whole.lent:
        log.warning(
            "the active rules are older than this program: for these decisions its own rules answer",
            version=rules.version,
            decisions=sorted(whole.lent),
        )
    return whole


def _compiled(version: str, texts: Mapping[str, str]) -> Rules:
    rules = rules_of(texts)
    if rules.version != version:
        raise RulesError(f"the set {version} reads as {rules.version} here: it was changed, or this program is older")
    return rules
