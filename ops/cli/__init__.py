"""The command line: `meshline`. Only the module of the command that is called gets loaded."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

#: command -> the module that registers it
COMMANDS = {
    "up": "parts",
    "down": "parts",
    "status": "parts",
    "doctor": "doctor",
    "demo": "demo",
    "bench": "bench",
    "worker": "worker",
    "topics": "topics",
    "schemas": "schemas",
    "dlq": "dlq",
    "case": "case",
    "audit": "audit",
    "access": "access",
    "explain": "explain",
    "drift": "drift",
    "duplicates": "duplicates",
    "reconcile": "reconcile",
    "books": "books",
    "rules": "rules",
    "chaos": "chaos",
}


def build_app(command: str = "") -> typer.Typer:
    """The app with the one command, or with all of them when it is none of ours."""
    app = typer.Typer(name="meshline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def meshline() -> None:
        """Keeps a CRM and an ERP in step over Kafka."""

    modules = [COMMANDS[command]] if command in COMMANDS else dict.fromkeys(COMMANDS.values())
    for name in modules:
        import_module(f"ops.cli.{name}").register(app)
    return app


def main() -> None:
    build_app(sys.argv[1] if len(sys.argv) > 1 else "")()
