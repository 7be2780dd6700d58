"""`meshline schemas register`: the registry's subjects, made equal to the newest released schemas."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from ops.cli.failure import FOUND, say, told
from ops.cli.schemas_check import refused, topic_readers, topic_subjects

Json = Annotated[bool, typer.Option("--json", help="The ids by subject, as JSON on stdout.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Only check against the registry.")]


def extend(schemas: typer.Typer) -> None:
    """Add the command to the group `schemas`."""
    schemas.command()(register)


def register(json_output: Json = False, dry_run: Dry = False) -> None:
    """Register the newest schema of every topic's record, each subject under its contract's mode.

    What `meshline schemas check` refuses against the registry's versions is refused here: then nothing is registered,
    and the command ends with 100. What is registered already keeps its id.
    """
    from schemas.gate.check import check  # noqa: PLC0415
    from schemas.gate.findings import DEFAULT_MODE  # noqa: PLC0415
    from schemas.gate.formats import as_text  # noqa: PLC0415
    from schemas.gate.gate import read_subjects  # noqa: PLC0415
    from schemas.gate.online import OnlineRegistry, registered_subjects  # noqa: PLC0415
    from schemas.gate.sources import installed_folder  # noqa: PLC0415
    from streams.runtime.settings import load_settings  # noqa: PLC0415

    with told(), refused():
        settings = load_settings()
        settings.need("registry_url")
        names = topic_subjects()
        own, bad, _ = read_subjects(installed_folder(), None, topic_readers())
        registry = OnlineRegistry(settings.registry_url)
        report = check(registered_subjects(own, registry, names), datetime.now(UTC).date(), against="the registry")
        if report.findings or bad:
            typer.echo(as_text(report))
            say("nothing was registered")
            raise typer.Exit(FOUND)
        ids: dict[str, int] = {}
        for subject in own:
            for name in names.get(subject.name, ()):
                if subject.candidate is not None and not dry_run:
                    registry.set_mode(name, subject.terms.mode or DEFAULT_MODE)
                    # The text without its layout: one content has one id, however its file is indented.
                    ids[name] = registry.register(name, json.dumps(json.loads(subject.candidate.text)))
        registry.close()
    if json_output:
        typer.echo(json.dumps(ids))
        return
    if dry_run:
        say(as_text(report))
    for name, schema_id in ids.items():
        say(f"{name:40} schema id {schema_id}")
