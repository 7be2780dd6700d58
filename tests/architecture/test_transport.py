"""The delivery layer stands alone: nothing in it is ours, so that it could be lifted out."""

from __future__ import annotations

import ast
import sys

from tests.architecture.tree import ROOT, python_files, short

ALLOWED = {"confluent_kafka", "faust", "mode"} | sys.stdlib_module_names


def _imports(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    return found


def test_the_transport_imports_only_its_client_and_faust() -> None:
    files = python_files("streams/transport")
    assert len(files) > 20
    foreign = {
        short(path): strange
        for path in files
        if (
            strange := {
                name
                for name in _imports(ast.parse(path.read_text("utf-8")))
                if name.split(".")[0] not in ALLOWED and not name.startswith("streams.transport")
            }
        )
    }
    assert foreign == {}


def test_the_engine_knows_nothing_of_faust() -> None:
    """Only the bridge does, so that the engine serves other loops, too."""
    bridge = {"__init__", "agent", "app", "conductor", "stream"}
    bridge |= {f"faust_{part}" for part in ("consumer", "producer", "transport", "worker")}
    for path in python_files("streams/transport"):
        names = {name.split(".")[0] for name in _imports(ast.parse(path.read_text("utf-8")))}
        if path.stem not in bridge or path.parent != ROOT / "streams/transport":
            assert not names & {"faust", "mode"}, short(path)


def test_each_module_says_what_it_is() -> None:
    silent = [
        short(path)
        for path in python_files("streams/transport")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
