"""Explanations from the operations database: open cases of letters, holds, and writes that have begun."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, column, create_engine, select, table
from sqlalchemy.exc import SQLAlchemyError

from reconciler.explanations import PAIR_OF, Explanation, ExplanationKind
from reconciler.explanations.under_way import commands, parked_events, replays
from reconciler.rows import Subject
from streams.runtime.database import driver_url
from streams.runtime.logs import get_logger
from streams.runtime.tables import effects, holds

_LOG = get_logger("reconciler")
#: Written by the worker of the cases; what is read of it.
_CASES = table("cases", column("case_id"), column("reason"), column("entity"), column("key"), column("closed_at"))
_ENTITIES: dict[str, tuple[str, ...]] = {
    pair: tuple(entity for entity, of in PAIR_OF.items() if of == pair) for pair in ("account", "opportunity")
} | {"invoice": ("order", "invoice")}
#: kind of a command -> the pair that waits for it
_WRITES = {
    "customer.upsert": "account",
    "account.link": "account",
    "account.terms": "account",
    "order.place": "opportunity",
    "opportunity.link": "opportunity",
}
_CHUNK = 1000


class OperationsExplanations:
    """One look-up is seven statements per thousand records. A database that does not answer explains nothing now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def at(cls, url: str) -> OperationsExplanations:
        """Of the operations database at this URL."""
        return cls(create_engine(driver_url(url), pool_size=1, max_overflow=0, pool_pre_ping=True))

    def of(self, subjects: Collection[Subject]) -> Mapping[Subject, Explanation] | None:
        found: dict[Subject, Explanation] = {}
        every = sorted(subjects)
        try:
            with self._engine.connect() as connection:
                for start in range(0, len(every), _CHUNK):
                    wanted = set(every[start : start + _CHUNK])
                    for subject, explanation in self._read(connection, sorted({one.key for one in wanted})):
                        if subject in wanted:
                            found.setdefault(subject, explanation)
        except SQLAlchemyError as error:
            why = str(error.__cause__ or error).strip().splitlines()[0]
            _LOG.warning("what explains a drift cannot be looked up; nothing is told until it can", error=why)
            return None
        return found

    def close(self) -> None:
        self._engine.dispose()

    def _read(self, connection: Connection, keys: list[str]) -> Iterator[tuple[Subject, Explanation]]:
        """The strongest explanation of a record first; among several of a kind the one with the smallest id."""
        cases = (_CASES.c.case_id, _CASES.c.reason, _CASES.c.entity, _CASES.c.key)
        yield from _named(connection, "letter", cases, _CASES.c.closed_at.is_(None), keys)
        held = (holds.c.hold_id, holds.c.reason, holds.c.entity, holds.c.key)
        yield from _named(connection, "hold", held, holds.c.state.in_(["open", "releasing"]), keys)
        writes = select(effects.c.command_id, effects.c.kind, effects.c.key).where(
            effects.c.state == "pending", effects.c.key.in_(keys)
        )
        for command_id, kind, key in connection.execute(writes.order_by(effects.c.command_id)):
            if kind in _WRITES:
                yield Subject(_WRITES[kind], key), Explanation("write", command_id[:12], kind)  # type: ignore[arg-type]
        for under_way in (replays, parked_events, commands):
            yield from under_way(connection, keys)


def _named(
    connection: Connection, kind: ExplanationKind, columns: tuple[Any, ...], state: ColumnElement[bool], keys: list[str]
) -> Iterator[tuple[Subject, Explanation]]:
    rows = connection.execute(select(*columns).where(state, columns[3].in_(keys)).order_by(columns[0]))
    for name, reason, entity, key in rows:
        for pair, entities in _ENTITIES.items():
            if entity in entities:
                yield Subject(pair, key), Explanation(kind, name[:12], reason)  # type: ignore[arg-type]
