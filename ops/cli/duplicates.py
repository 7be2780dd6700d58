"""`meshline duplicates list|reject|merge|split|index`: new accounts that look like known ones, and what they are."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from ops.access.people import Actor
from ops.cases import answers, asks
from ops.cases.desk import Desk
from ops.cases.service import do
from ops.cases.verbs import VERBS
from ops.cli.asking import at_the_desk, index_letters
from ops.cli.failure import FOUND, say
from schemas.reasons import Reason
from streams.runtime.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Account = Annotated[str, typer.Argument(help="The new account's id.")]
Other = Annotated[str, typer.Argument(help="The account that it looks like.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Likely duplicates of customers: list, reject, merge, split.", no_args_is_help=True)
    group.command("list")(list_)
    group.command()(reject)
    group.command()(merge)
    group.command()(split)
    group.command()(index)
    app.add_typer(group, name="duplicates")


def list_(json_output: Json = False) -> None:
    """Accounts that wait for a decision, with their candidates. Exit 100 when there is one."""

    async def work(desk: Desk, actor: Actor, settings: Settings) -> list[Any]:
        await index_letters(desk, settings)
        return await _open(desk, actor, None)

    found = at_the_desk(work)
    if json_output:
        typer.echo(json.dumps([case.model_dump(mode="json") for case in found]))
    else:
        for case in found:
            typer.echo(f"{case.case_id[:12]}  {case.state:10} {case.detail}")
        say(f"{len(found)} wait: meshline duplicates reject|merge <account> <other>")
    if found:
        raise typer.Exit(FOUND)


def reject(account: Account, other: Other, why: Why) -> None:
    """They are two companies: the account becomes a customer of its own."""
    _decide(account, other, "reject", why)


def split(account: Account, other: Other, why: Why) -> None:
    """They were merged by mistake: the account becomes a customer of its own."""
    _decide(account, other, "split", why)


def merge(account: Account, other: Other, why: Why) -> None:
    """They are one company and `other` stays: the account never becomes a customer, its deals are to be moved."""
    _decide(account, other, "merge", why)


def index() -> None:
    """Put every known account into the index that new ones are looked up in. Needed once, for accounts from before."""
    from ops.duplicates.decisions import reindex  # noqa: PLC0415

    async def work(desk: Desk, actor: Actor, settings: Settings) -> int:
        async with desk.database.begin() as connection:
            return await reindex(connection)

    say(f"{at_the_desk(work):,} accounts are in the index")


def _decide(account: str, other: str, verdict: str, why: str) -> None:
    from ops.duplicates.decisions import decide  # noqa: PLC0415

    async def work(desk: Desk, actor: Actor, settings: Settings) -> int:
        await index_letters(desk, settings)
        await desk.admit(actor, "case.resolve", asks.Resolve(case_id="duplicates", why=why))
        waiting = await _open(desk, actor, account)
        async with desk.database.begin() as connection:
            await decide(connection, account, other, verdict, actor.name, why, desk.clock())
        for case in waiting:  # sent through its stage again: it goes on, or names who is left
            given = {"case_id": case.case_id, "why": why, "decision": {"verdict": verdict, "account": other}}
            await do(desk, actor, "case.resolve", asks.Resolve.model_validate(given))
        return len(waiting)

    sent = at_the_desk(work)
    say(f"{account} and {other}: {verdict}. {sent} letters were sent again; orders that wait follow by themselves")


async def _open(desk: Desk, actor: Actor, account: str | None) -> list[Any]:
    given = {"reason": Reason.DUPLICATE_CUSTOMER, "any_open": True, "account_id": account, "limit": 200}
    ask = VERBS["case.list"].ask.model_validate({name: value for name, value in given.items() if value is not None})
    page = await do(desk, actor, "case.list", ask)
    assert isinstance(page, answers.CasePage)
    return list(page.cases)
