"""The command line: `meshline`. Only the module of the command that is called gets loaded."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

#: command -> the module that registers it, and its sentence in the overview (a test holds it equal to the module's)
COMMANDS = {
    "up": ("parts", "Start the local parts that are not running: Kafka, registry, PostgreSQL, Connect, Tryton."),
    "down": ("parts", "Stop the parts that `up` started. Data stays, unless --wipe."),
    "status": ("parts", "Ask every part whether it answers. Exit 0 when all do, else 1."),
    "doctor": ("doctor", "Look at everything MeshLine needs. Exit 1 when something is wrong."),
    "demo": ("demo", "Run a realistic day through the line and read the result back from the systems."),
    "worker": ("worker", "Run a part of the line in the foreground. SIGTERM drains what is in flight, then exits 0."),
    "topics": ("topics", "The topics that MeshLine declares, and the cluster's."),
    "schemas": ("schemas", "Avro schemas of what travels."),
    "rules": ("rules", "Business rules: check, list, show, shadow, activate, revert, explain, docs."),
    "explain": ("explain", "Where a record is, why, and what to type next."),
    "dlq": ("dlq", "Dead letters: list, show, replay."),
    "case": ("case", "Cases: list, groups, show, assign, resolve, discard, reopen, comment, tag."),
    "duplicates": ("duplicates", "Likely duplicates of customers: list, reject, merge, split."),
    "drift": ("drift", "Differences between the two sides: list, show, explain, repair."),
    "reconcile": ("reconcile", "Compare the CRM and the ERP in full. A sweep that was stopped goes on where it was."),
    "books": (
        "books",
        "Balance the books: every accepted event is applied, dead-lettered, held, skipped or in flight.",
    ),
    "audit": ("audit", "The audit: list, verify; run compares both systems."),
    "access": ("access", "Who may do what: grant, revoke, list."),
    "bench": ("bench", "Measure MeshLine beside its peers."),
    "chaos": ("chaos", "Trials by fire of single parts, on brokers of their own."),
}


def build_app(command: str = "") -> typer.Typer:
    """The app with the one command, or with all of them when it is none of ours."""
    app = _empty()
    modules = [COMMANDS[command][0]] if command in COMMANDS else dict.fromkeys(name for name, _ in COMMANDS.values())
    for name in modules:
        import_module(f"ops.cli.{name}").register(app)
    return app


def overview() -> typer.Typer:
    """The app as `--help` shows it, and as it refuses a command that is none: at once, with no command loaded."""
    app = _empty()
    for command, (_, sentence) in COMMANDS.items():
        app.command(command, help=sentence)(_only_shown)
    return app


def _empty() -> typer.Typer:
    app = typer.Typer(name="meshline", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.callback()
    def meshline() -> None:
        """Keeps a CRM and an ERP in step over Kafka."""

    return app


def _only_shown() -> None:
    """Stands for a command in the overview; is never called."""


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    (build_app(command) if command in COMMANDS else overview())()
