"""The pages of the flows are what would be made now, and every row of a decision table is shown by a test."""

from __future__ import annotations

import ast
from functools import cache
from html.parser import HTMLParser
from importlib import import_module

import pytest
from pydantic import ValidationError

from ops.flows.model import Flow, Row, flows
from ops.flows.page import page_texts
from schemas.topics import BY_NAME
from tests.architecture.tree import ROOT

PAGES = ROOT / "ops" / "docs" / "flows"
TESTS = ROOT / "tests" / "unit" / "streams" / "decide"
FLOWS = flows()


@cache
def names_in(name: str) -> frozenset[str]:
    tree = ast.parse((TESTS / name).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


class Reader(HTMLParser):
    """Fails on a tag that is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass


def test_what_is_checked_in_is_what_would_be_made() -> None:
    made = page_texts(FLOWS)
    assert {path.name for path in PAGES.iterdir()} == made.keys()
    for name, text in made.items():
        assert (PAGES / name).read_text("utf-8") == text, "run: meshline rules docs"


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_every_row_is_shown_by_a_test_that_exists(flow: Flow) -> None:
    for row in flow.rows:
        file, _, name = row.test.partition("::")
        assert name in names_in(file), row.test


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.id)
def test_a_flow_names_what_exists(flow: Flow) -> None:
    import_module(flow.module)
    assert all(topic in BY_NAME for topic in flow.topics)


@pytest.mark.parametrize("name", sorted(page_texts(FLOWS)))
def test_a_page_is_whole(name: str) -> None:
    reader = Reader()
    reader.feed(page_texts(FLOWS)[name])
    reader.close()
    assert reader.open == []
    assert all((PAGES / link).is_file() for link in reader.links)


@pytest.mark.parametrize("then", ["letter nonsense", "effect", "wonder", "skip account.adopt"])
def test_an_outcome_that_does_not_exist_is_refused(then: str) -> None:
    with pytest.raises(ValidationError):
        Row(when="x", then=then, test="test_a.py::test_b")
