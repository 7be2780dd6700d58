"""`meshline drift holds|hold|release`: new billing waits while too much is out of step, or while people say so."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.cli.failure import FOUND, say

Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def register(drift: typer.Typer) -> None:
    drift.command()(holds)
    drift.command()(hold)
    drift.command()(release)


def holds(
    any_state: Annotated[bool, typer.Option("--all", help="Released ones too.")] = False, json_output: Json = False
) -> None:
    """What holds new billing, the newest first. Exit 100 when something does."""
    from ops.cases.billing import HoldPage  # noqa: PLC0415 - the desk is only loaded where it is asked
    from ops.cli.asking import ask  # noqa: PLC0415

    page = ask("drift.holds", HoldPage, any_state=any_state)
    if json_output:
        typer.echo(page.model_dump_json())
    else:
        for one in page.holds:
            whom = "all accounts" if one.whole_line else f"account {one.account_id or 'unknown'}"
            about = f", {one.entity} {one.key}" if one.key else ""
            typer.echo(
                f"{one.hold_id:36} {one.state:9} {whom}: {one.reason}{about}, since {one.raised_at:%F %H:%M} UTC"
            )
        say("release one: meshline drift release <hold> --why" if page.holds else "new billing goes on")
    if any(one.state == "raised" for one in page.holds):
        raise typer.Exit(FOUND)


def hold(
    why: Why,
    account_id: Annotated[str, typer.Option("--account", help="Of this account only; without it, of all.")] = "",
    json_output: Json = False,
) -> None:
    """Hold new billing until a person releases it. Takes the role owner."""
    from ops.cases.billing import HoldLine  # noqa: PLC0415
    from ops.cli.asking import ask  # noqa: PLC0415

    told = ask("drift.hold", HoldLine, account_id=account_id, why=why)
    if json_output:
        typer.echo(told.model_dump_json())
    else:
        say(f"{told.hold_id} is raised: orders wait on hold from now on")


def release(
    hold_id: Annotated[str, typer.Argument(help="The hold, as `meshline drift holds` names it.")],
    why: Why,
    json_output: Json = False,
) -> None:
    """Let new billing go on; what was held is decided again. Takes the role approver."""
    from ops.cases.billing import HoldLine  # noqa: PLC0415
    from ops.cli.asking import ask  # noqa: PLC0415

    told = ask("drift.release", HoldLine, hold_id=hold_id, why=why)
    if json_output:
        typer.echo(told.model_dump_json())
    else:
        say(f"{told.hold_id} is released: what it held goes on by itself")
