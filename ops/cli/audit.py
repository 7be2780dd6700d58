"""`meshline audit list|verify|run`: who did what and why, is that still what was written, and do both systems agree."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer
from rich.console import Console

from ops.cases import answers
from ops.cli.asking import ask
from ops.cli.failure import FOUND, say

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]


def register(app: typer.Typer) -> None:
    audit = typer.Typer(help="The audit: list, verify; run compares both systems.", no_args_is_help=True)
    audit.command("list")(list_)
    audit.command()(verify)
    import_module("ops.cli.audit_run").extend(audit)
    app.add_typer(audit, name="audit")


def list_(
    who: Annotated[str, typer.Option(help="Only what this person did.")] = "",
    action: Annotated[str, typer.Option(help="Only this action, such as case.resolve.")] = "",
    subject: Annotated[str, typer.Option(help="Only what was done to this case, letter or person.")] = "",
    refused: Annotated[bool, typer.Option(help="Only what was refused.")] = False,
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 50,
    json_output: Json = False,
) -> None:
    """Who did what, the newest last."""
    page = ask("audit.list", answers.AuditPage, who=who, action=action, subject=subject, refused=refused, limit=limit)
    if json_output:
        typer.echo(page.model_dump_json())
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for entry in page.entries:
        mark = "" if entry.allowed else "REFUSED "
        what = f"({entry.role}, {entry.door})  {mark}{entry.action} {entry.subject[:13]}"
        out.print(f"{entry.seq:6}  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.who} {what}  {entry.why}")
    say(f"{len(page.entries)} entries")


def verify(json_output: Json = False) -> None:
    """Is the chain as it was written? Exit 100 when something was edited, removed, inserted, moved or cut off."""
    verdict = ask("audit.verify", answers.AuditVerdict)
    if json_output:
        typer.echo(verdict.model_dump_json())
    else:
        for fault in verdict.faults:
            say(f"[red]{fault}[/]")
        signed = "its head is signed" if verdict.signed else "its head is not signed: set MESHLINE_PEOPLE__AUDIT_KEY"
        good = "as it was written" if not verdict.faults else f"[red]{len(verdict.faults)} faults[/]"
        say(f"{verdict.entries} entries, {verdict.copied} of them on the topic, {signed}: {good}")
    if verdict.faults:
        raise typer.Exit(FOUND)
