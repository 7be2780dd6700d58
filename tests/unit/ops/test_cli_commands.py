"""The table of commands is what their modules register."""

from __future__ import annotations

from importlib import import_module

import pytest
import typer

from ops.cli import COMMANDS


@pytest.mark.parametrize("module", sorted({module for module, _ in COMMANDS.values()}))
def test_a_module_registers_the_commands_it_is_listed_for(module: str) -> None:
    app = typer.Typer()
    import_module(f"ops.cli.{module}").register(app)
    commands = {info.name or getattr(info.callback, "__name__", "") for info in app.registered_commands}
    groups = {info.name for info in app.registered_groups}
    assert commands | groups == {name for name, (owner, _) in COMMANDS.items() if owner == module}
