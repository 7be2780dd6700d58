"""The overview of commands is quick, and says what the commands say themselves."""

from __future__ import annotations

import subprocess
import sys

import typer

from ops.cli import COMMANDS, build_app


def test_the_overview_says_what_each_command_says_itself() -> None:
    root = typer.main.get_command(build_app())
    real = getattr(root, "commands")  # noqa: B009 - a group's attribute; the declared type is a command
    assert {name: (one.help or "").strip().splitlines()[0] for name, one in real.items()} == {
        name: sentence for name, (_, sentence) in COMMANDS.items()
    }


def test_help_loads_no_command() -> None:
    code = (
        "import sys; sys.argv = ['meshline', '--help']\n"
        "from ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('ops.cli.')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "reconcile" in told
    assert told.splitlines()[-1] == "[]"
