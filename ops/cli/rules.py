"""`meshline rules ...`: what the line decides by, as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from ops.cli.failure import FOUND, say
from ops.rules.page import in_force, rules_page
from streams.rules import Rule, Rules, RulesError, read_folder, rules_of, shipped, shipped_texts
from streams.rules.check import faults_of

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
Folder = Annotated[Path | None, typer.Argument(help="A folder of rules; the shipped ones by default.")]


def register(app: typer.Typer) -> None:
    from ops.cli import rules_docs, rules_live, rules_past  # noqa: PLC0415 - they bring the database's client with them

    rules = typer.Typer(
        help="Business rules: check, list, show, shadow, activate, revert, explain, docs.", no_args_is_help=True
    )
    rules.command()(check)
    rules.command("list")(list_)
    rules.command()(show)
    rules_live.register(rules)
    rules_past.register(rules)
    rules_docs.register(rules)
    app.add_typer(rules, name="rules")


def check(folder: Folder = None, json_output: Json = False) -> None:
    """Schema, types, examples, contradictions, gaps. Exit 100 when there is something to mend."""
    texts = _texts(folder)
    faults = faults_of(texts)
    if json_output:
        found = [{"where": fault.where, "what": fault.what} for fault in faults]
        typer.echo(json.dumps({"rules": len(texts), "version": None if faults else _version(texts), "faults": found}))
    else:
        for fault in faults:
            say(f"[red]{fault.where}[/]  {fault.what}")
        good = f"{len(texts)} rules, version {_version(texts)}: nothing to mend" if not faults else ""
        say(good or f"{len(texts)} rules, {len(faults)} faults")
    if faults:
        raise typer.Exit(FOUND)


def list_(
    folder: Folder = None,
    page: Annotated[bool, typer.Option("--page", help="The whole page in Markdown on stdout.")] = False,
    json_output: Json = False,
) -> None:
    """Every rule: what it decides, since when, whose it is."""
    rules = load(_texts(folder))
    if page:
        typer.echo(rules_page(rules), nl=False)
        return
    if json_output:
        typer.echo(json.dumps({"version": rules.version, "rules": [_plain(rule) for rule in rules.rules]}))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for rule in rules.rules:
        out.print(f"{rule.id:24} {rule.version:3}  {rule.decides:20} {rule.owner:20} {in_force(rule)}")
    say(f"{len(rules.rules)} rules, version {rules.version}")
    if rules.lacks:
        say(f"[yellow]older[/]  it has no rule for {', '.join(rules.lacks)}: once active, the shipped ones answer")


def show(
    rule_id: Annotated[str, typer.Argument(help="The rule's id.")], folder: Folder = None, json_output: Json = False
) -> None:
    """One rule with its rows and examples."""
    found = [rule for rule in load(_texts(folder)).rules if rule.id == rule_id]
    if not found:
        say(f"[red]failed[/]  there is no rule {rule_id}; `meshline rules list` names them")
        raise typer.Exit(1)
    if json_output:
        typer.echo(json.dumps([_plain(rule) for rule in found]))
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for rule in found:
        out.print(f"{rule.id} version {rule.version}, owner {rule.owner}, {in_force(rule)}\n{rule.title}")
        for number, row in enumerate(rule.rows, 1):
            out.print(f"  {number}. when {row.when}\n     {rule.decides} is {row.value}\n     because {row.why}")
            for example in row.examples:
                out.print(f"     example {dict(example.facts)}: {example.value}")


def _texts(folder: Path | None) -> dict[str, str]:
    try:
        return read_folder(folder) if folder is not None else shipped_texts()
    except RulesError as error:
        raise _failed(error) from None


def load(texts: dict[str, str]) -> Rules:
    """The rules in these texts, or a sentence and the end."""
    try:
        return rules_of(texts) if texts != shipped_texts() else shipped()
    except RulesError as error:
        raise _failed(error) from None


def _failed(error: RulesError) -> typer.Exit:
    say(f"[red]failed[/]  {error}")
    return typer.Exit(1)


def _version(texts: dict[str, str]) -> str:
    return load(texts).version


def _plain(rule: Rule) -> dict[str, object]:
    return rule.model_dump(mode="json", by_alias=True)
