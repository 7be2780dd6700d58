"""`meshline explain <entity> <id>`: where a record is, why, and what to type next."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from ops.cases import answers
from ops.cli.asking import ask


class Kind(StrEnum):
    """What a record can be."""

    ACCOUNT = "account"
    CONTACT = "contact"
    CONTRACT = "contract"
    OPPORTUNITY = "opportunity"
    LINE_ITEM = "line_item"
    CUSTOMER = "customer"
    ORDER = "order"
    INVOICE = "invoice"


def register(app: typer.Typer) -> None:
    app.command()(explain)


def explain(
    entity: Annotated[Kind, typer.Argument(help="What kind of record.")],
    key: Annotated[str, typer.Argument(help="Its id.")],
    json_output: Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")] = False,
) -> None:
    """Where a record is, why, and what to type next."""
    story = ask("explain.record", answers.Story, fresh=True, entity=entity.value, key=key)
    if json_output:
        typer.echo(story.model_dump_json())
        return
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for heading, lines in (("Where", story.where), ("Why", story.why), ("Next", story.next)):
        for number, line in enumerate(lines):
            out.print(f"{heading if number == 0 else '':7}{line}")
