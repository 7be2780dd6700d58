"""`meshline schemas ...`: Avro schemas of what travels. The group, and `draft` and `register`.

The group's other commands are in modules of their own, each with a function `extend(group)`.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Annotated

import typer

from ops.cli.failure import say, told
from schemas.avro_schema import avro_schema
from schemas.records import Travelling
from schemas.registry import ConfluentRegistry
from schemas.released import newest_schema, released_versions
from schemas.topics import TOPICS
from streams.runtime.settings import load_settings

#: Modules that add commands to the group.
EXTENSIONS = ("schemas_check", "contracts")
Json = Annotated[bool, typer.Option("--json", help="The ids by subject, as JSON on stdout.")]


def register(app: typer.Typer) -> None:
    schemas = typer.Typer(help="Avro schemas of what travels.", no_args_is_help=True)
    schemas.command()(draft)
    schemas.command("register")(register_all)
    for name in EXTENSIONS:
        import_module(f"ops.cli.{name}").extend(schemas)
    app.add_typer(schemas, name="schemas")


def draft(record: Annotated[str, typer.Argument(help="A record that some topic carries, such as Account.")]) -> None:
    """Print the schema of a record's model. Its place as a file is named on stderr; released files are not edited."""
    carried = written_records()
    if record not in carried:
        raise typer.BadParameter(f"no topic carries {record!r}; one of: {', '.join(carried)}", param_hint="RECORD")
    model = carried[record]
    schema = avro_schema(model)
    typer.echo(json.dumps(schema, indent=2))
    versions = released_versions(model)
    if versions and json.loads(versions[-1][1]) == json.loads(json.dumps(schema)):
        say(f"{record} is as released: v{versions[-1][0]}")
    else:
        say(f"the next version: schemas/avro/{record}/v{versions[-1][0] + 1 if versions else 1}.avsc")


def register_all(json_output: Json = False) -> None:
    """Register the newest schema of every topic's record. What is registered already keeps its id."""
    with told():
        settings = load_settings()
        settings.need("registry_url")
        registry = ConfluentRegistry(settings.registry_url)
        ids = {t.subject: registry.register(t.subject, newest_schema(t.record)) for t in TOPICS if t.record is not None}
    if json_output:
        typer.echo(json.dumps(ids))
        return
    for subject, schema_id in ids.items():
        say(f"{subject:40} schema id {schema_id}")


def written_records() -> dict[str, type[Travelling]]:
    """The records that topics carry, by name."""
    models = {topic.record.__name__: topic.record for topic in TOPICS if topic.record is not None}
    return dict(sorted(models.items()))
