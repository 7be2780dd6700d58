"""`meshline rules docs`: the pages of the flows, made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ops.cli.failure import say
from ops.flows.model import flows
from ops.flows.page import page_texts

_PAGES = Path(__file__).parents[1] / "docs" / "flows"


def register(rules: typer.Typer) -> None:
    rules.command()(docs)


def docs(folder: Annotated[Path, typer.Argument(help="Where to write them.")] = _PAGES) -> None:
    """Write a page per flow: trigger, facts, decision table, outcomes, effect, letters and owner."""
    texts = page_texts(flows())
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")
    say(f"{len(texts)} files in {folder}")
