"""`meshline doctor`: what is set, what answers, what is wrong, and what to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from ops.doctor import Finding, examine, settings_shown
from streams.runtime.settings import home_folder, load_settings


def register(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    json_output: Annotated[bool, typer.Option("--json", help="The findings as JSON on stdout.")] = False,
) -> None:
    """Look at everything MeshLine needs. Exit 1 when something is wrong."""
    settings = load_settings()
    findings = examine(settings)
    if json_output:
        shown = {"home": str(home_folder()), "settings": settings_shown(settings)}
        typer.echo(json.dumps({**shown, "findings": [asdict(finding) for finding in findings]}))
    else:
        _print(findings, settings_shown(settings))
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _print(findings: list[Finding], shown: dict[str, str]) -> None:
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"data folder     {home_folder()}", markup=False)
    for name, value in shown.items():
        out.print(f"{name:15} {value}", markup=False)
    out.print()
    for finding in findings:
        mark = "[green]ok[/]   " if finding.well else "[red]wrong[/]"
        out.print(f"{mark} {finding.what:22} {finding.said}")
        if finding.advice and not finding.well:
            out.print(f"      {'':22} -> {finding.advice}")
