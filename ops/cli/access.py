"""`meshline access grant|revoke|list`: who may do what."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from ops.access.roles import Role
from ops.cases import answers
from ops.cli.asking import ask
from ops.cli.failure import say

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Person = Annotated[str, typer.Argument(help="The person's name.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]


def register(app: typer.Typer) -> None:
    access = typer.Typer(help="Who may do what: grant, revoke, list.", no_args_is_help=True)
    access.command()(grant)
    access.command()(revoke)
    access.command("list")(list_)
    app.add_typer(access, name="access")


def grant(
    person: Person, role: Annotated[Role, typer.Argument(help="The role.")], why: Why, json_output: Json = False
) -> None:
    """Give a person a role and a token. The token is printed once; only its hash is kept."""
    granted = ask("access.grant", answers.Granted, person=person, role=role, why=why)
    if json_output:
        typer.echo(granted.model_dump_json())
        return
    say(f"{person} is {granted.role}. The token, shown only now, for MESHLINE_TOKEN or `authorization: Bearer`:")
    typer.echo(granted.token)


def revoke(person: Person, why: Why, json_output: Json = False) -> None:
    """Take a person's role; the token is worth nothing from now on."""
    revoked = ask("access.revoke", answers.Revoked, person=person, why=why)
    if json_output:
        typer.echo(revoked.model_dump_json())
        return
    say(f"{person} was {revoked.was}, and has no role now" if revoked.was else f"{person} had no role")


def list_(json_output: Json = False) -> None:
    """Who has which role."""
    page = ask("access.list", answers.GrantPage)
    if json_output:
        typer.echo(page.model_dump_json())
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for one in page.grants:
        out.print(f"{one.person:20} {one.role:10} since {one.granted_at:%Y-%m-%d %H:%M} by {one.granted_by}")
    say(f"{len(page.grants)} people")
