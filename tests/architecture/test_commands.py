"""What README, runbooks, Makefile and CI tell people to type is there to be typed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from ops.cli import build_app
from tests.architecture.tree import ROOT, short

PAGES = [ROOT / "README.md", *sorted((ROOT / "ops" / "runbooks").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def _code(page: Path) -> Iterator[str]:
    """The lines of fenced blocks, and spans between backticks."""
    text = page.read_text("utf-8")
    for block in re.findall(r"^```[a-z]*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield from block.splitlines()
    outside = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    yield from re.findall(r"`([^`\n]+)`", outside)


def _problem(words: list[str]) -> str | None:
    """What is wrong with a `meshline ...` command line; None when it can be typed. Alternatives stand as `a|b`."""
    command: Any = typer.main.get_command(build_app())
    rest = list(words)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        names = rest.pop(0).split("|")
        if not set(names) <= set(command.commands):
            return f"no command {names}"
        command = command.commands[names[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in rest if word.startswith("--") and word != "--help" and word.split("=")[0] not in known]
    return f"no option {unknown}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_the_page_exists(page: Path) -> None:
    wrong = {}
    for line in _code(page):
        for part in re.split(r"\s+(?:&&|\|)\s+", line):
            found = re.match(r"^\$?\s*(?:\.venv/bin/)?meshline\s+([a-z].*)$", part.strip())
            if found is None:
                continue
            problem = _problem(shlex.split(re.split(r" #|  ", found[1])[0]))
            if problem:
                wrong[line] = problem
    assert wrong == {}, short(page)


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / ".ci" / "run"], ids=lambda page: page.name)
def test_every_make_target_on_the_page_exists(page: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)\b", "\n".join([*_code(page), *page.read_text("utf-8").splitlines()])))
    written = named if page.name == "run" else set(re.findall(r"`make ([a-z-]+)`", page.read_text("utf-8")))
    assert written <= TARGETS


def test_ci_runs_the_gates_and_the_tests() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert re.findall(r"^make (\w+)$", script, re.MULTILINE) == ["check", "test"]


def test_make_help_names_the_targets_that_people_type() -> None:
    told = set(re.findall(r'@echo "make ([a-z-]+)', MAKEFILE))
    assert {"demo", "test", "check"} <= told <= TARGETS
    assert set(MAKEFILE.split(".PHONY:")[1].splitlines()[0].split()) >= told
