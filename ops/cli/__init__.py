"""The command line: `meshline`."""

from __future__ import annotations

import typer

from ops.cli import books, dlq, doctor, parts, topics, worker

app = typer.Typer(
    name="meshline", help="Keeps a CRM and an ERP in step over Kafka.", no_args_is_help=True, add_completion=False
)
#: Each module of commands adds its own.
for register in (parts.register, topics.register, worker.register, books.register, dlq.register, doctor.register):
    register(app)


def main() -> None:
    app()
