"""One verb, asked at the command line: as a named person, with expected failures told in a sentence."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from ops.access.errors import NotLetIn
from ops.access.people import Actor, Gatekeeper, local_operator
from ops.cases.desk import Desk
from ops.cases.errors import CaseError
from ops.cases.open import open_desk
from ops.cases.service import do
from ops.cases.verbs import VERBS
from ops.cases.worker import Indexer, catch_up, open_consumer
from ops.cli.failure import say, told
from schemas.topics import DEAD_LETTER
from streams.runtime.settings import Settings, load_settings

A = TypeVar("A", bound=BaseModel)
R = TypeVar("R")


def ask(verb: str, answer: type[A], *, fresh: bool = False, **fields: Any) -> A:
    """Do a verb. `fresh` takes in the dead letters that the index has not yet. Exit 1 with a sentence on failure."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> BaseModel:
        if fresh:
            await index_letters(desk, settings)
        given = {name: value for name, value in fields.items() if value is not None}
        return await do(desk, actor, verb, VERBS[verb].ask.model_validate(given))

    found = at_the_desk(work)
    assert isinstance(found, answer)
    return found


def at_the_desk(work: Callable[[Desk, Actor, Settings], Awaitable[R]]) -> R:
    """Run something at a desk as the person who types."""

    async def run(settings: Settings) -> R:
        async with open_desk(settings, pool_size=2) as desk:
            return await work(desk, await who(desk, settings), settings)

    with told():
        try:
            return asyncio.run(run(load_settings()))
        except (CaseError, NotLetIn) as error:
            say(f"[red]failed[/]  {error}")
        except ValidationError as error:
            for one in error.errors():
                say(f"[red]failed[/]  {'.'.join(map(str, one['loc']))}: {one['msg']}")
            raise typer.Exit(2) from None
    raise typer.Exit(1)


async def who(desk: Desk, settings: Settings) -> Actor:
    """The token's person, or the local operator where none is set. Raises Unknown."""
    token = settings.token.get_secret_value()
    if not token:
        return local_operator(settings.bootstrap, getpass.getuser(), "cli")
    async with desk.database.connect() as connection:
        return await Gatekeeper().actor(connection, token, "cli")


async def index_letters(desk: Desk, settings: Settings) -> int:
    """Take in what the cases worker has not yet, so that the list is never behind."""
    topics = tuple(topic.name for topic in DEAD_LETTER.values())
    indexer = Indexer(desk.database, desk.codec, None, desk.clock, desk.audit_key, topics)
    consumer = open_consumer(settings.bootstrap, f"{settings.worker.group}.cases.cli")
    try:
        return await catch_up(indexer, consumer, settings.bootstrap)
    finally:
        consumer.close()
