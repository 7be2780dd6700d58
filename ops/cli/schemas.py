"""`meshline schemas ...`: Avro schemas of what travels. The group, and `draft`.

The group's other commands are in modules of their own, each with a function `extend(group)`.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer

from ops.cli.failure import say

if TYPE_CHECKING:
    from schemas.records import Travelling

#: Modules that add commands to the group.
EXTENSIONS = ("schemas_check", "schemas_diff", "schemas_register", "contracts")


def register(app: typer.Typer) -> None:
    schemas = typer.Typer(help="Avro schemas of what travels.", no_args_is_help=True)
    schemas.command()(draft)
    for name in EXTENSIONS:
        import_module(f"ops.cli.{name}").extend(schemas)
    app.add_typer(schemas, name="schemas")


def draft(record: Annotated[str, typer.Argument(help="A record that some topic carries, such as Account.")]) -> None:
    """Print the schema of a record's model. Its place as a file is named on stderr; released files are not edited."""
    from schemas.avro_schema import avro_schema  # noqa: PLC0415
    from schemas.released import released_versions  # noqa: PLC0415

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


def written_records() -> dict[str, type[Travelling]]:
    """The records that topics carry, by name."""
    from schemas.topics import TOPICS  # noqa: PLC0415

    models = {topic.record.__name__: topic.record for topic in TOPICS if topic.record is not None}
    return dict(sorted(models.items()))
