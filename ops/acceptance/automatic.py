"""Billing by itself for the accounts of a run, put live as an operator would, and taken back afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.rules.desk import newest_rules, put_live, take_back
from ops.rules.errors import Refused
from ops.rules.forecast import forecast
from streams.agents.policy import policy_of
from streams.rules import rules_of, shipped_texts
from streams.runtime.clock import Clock
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings
from streams.runtime.tables import rule_sets

T = TypeVar("T")
_FILE, _ROWS = "automatic-billing.yaml", "\nrows:\n"


def with_row(texts: Mapping[str, str], prefix: str, why: str) -> dict[str, str]:
    """The set with a first row that bills the accounts whose id begins so. Raises Refused without the rule."""
    text = texts.get(_FILE, "")
    if _ROWS not in text:
        raise Refused(f"the rules that decide have no {_FILE} to put a row into")
    row = (
        f'  - when: account_id.startsWith("{prefix}")\n    value: "true"\n    why: {why}\n'
        f"    examples:\n      - facts: {{account_id: {prefix}0}}\n        value: true\n"
    )
    return {**texts, _FILE: text.replace(_ROWS, _ROWS + row, 1)}


@contextmanager
def billing(settings: Settings, prefix: str, person: str, clock: Clock) -> Iterator[list[str]]:
    """While it lasts, invoices of these accounts are posted without an accountant.

    Gives a list that is filled at the end when the rules could not be taken back. Raises Refused, NotLetIn, RulesError.
    """
    why, notes = f"acceptance run, accounts {prefix}*", list[str]()
    version = _with_database(settings, lambda database: _put(database, settings, prefix, person, why, clock()))
    try:
        yield notes
    finally:
        note = _with_database(settings, lambda database: _take(database, settings, version, person, why, clock()))
        notes += [note] if note else []


async def _put(database: AsyncEngine, settings: Settings, prefix: str, person: str, why: str, now: datetime) -> str:
    live = await newest_rules(database, settings)
    candidate = with_row(await _texts(database, live.version), prefix, why)
    # No event is recorded of accounts that do not exist yet, so nothing that was decided would be decided otherwise.
    expected = forecast([], now, replace(policy_of(settings), rules=live), rules_of(candidate)).plain()
    found = await put_live(database, settings, candidate, person, why, expected, now)
    if found.waits:
        raise Refused(f"billing by itself was proposed, and waits for a second person: {found.waits}")
    return found.version


async def _take(
    database: AsyncEngine, settings: Settings, version: str, person: str, why: str, now: datetime
) -> str | None:
    live = await newest_rules(database, settings)
    if live.version != version:
        return f"the rules were changed meanwhile ({live.version} decides): the run's row in {_FILE} was not taken back"
    await take_back(database, settings, person, f"the end of: {why}", now)
    return None


async def _texts(database: AsyncEngine, version: str) -> dict[str, str]:
    async with database.connect() as connection:
        found: Any = await connection.scalar(select(rule_sets.c.texts).where(rule_sets.c.version == version))
    return dict(found) if found else shipped_texts()


def _with_database(settings: Settings, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def run() -> T:
        database = operations_engine(settings.operations_url, pool_size=2)
        try:
            return await work(database)
        finally:
            await database.dispose()

    return asyncio.run(run())
