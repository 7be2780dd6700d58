"""Topics and metrics are named in one place each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from schemas.topics import BY_NAME, CDC_PREFIX, TOPICS
from streams.runtime import metrics
from tests.architecture.tree import PACKAGES, ROOT, python_files, short

#: `mesh.` followed by the first word of a topic's name: what a topic, or the beginning of one, looks like.
_FIRST_WORDS = sorted({topic.name.split(".")[1] for topic in TOPICS})
_TOPIC = re.compile(rf"mesh\.({'|'.join(_FIRST_WORDS)})\b")
METRIC_KINDS = {"Counter", "Gauge", "Histogram", "Summary", "Info", "Enum"}


def _texts(path: Path) -> Iterator[str]:
    """The string literals of a module that are not documentation."""
    tree = ast.parse(path.read_text("utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


def test_no_topic_is_named_outside_the_declaration() -> None:
    declaration = ROOT / "schemas" / "topics.py"
    named = {
        short(path): [text for text in _texts(path) if _TOPIC.match(text)]
        for path in python_files(*PACKAGES)
        if path != declaration
    }
    assert {name: texts for name, texts in named.items() if texts} == {}
    assert any(_TOPIC.match(text) for text in _texts(declaration)), "the search finds what it looks for"


def test_topics_have_one_name_each_and_one_style() -> None:
    assert len(BY_NAME) == len(TOPICS)
    assert [name for name in BY_NAME if not re.fullmatch(r"mesh(\.[a-z][a-z_]*){1,4}", name)] == []
    assert all(name.startswith(CDC_PREFIX) for name in BY_NAME if ".cdc.crm." in name)


def test_every_metric_is_named_mesh() -> None:
    ours = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    assert len(ours) > 10
    assert [metric._name for metric in ours if not metric._name.startswith("mesh_")] == []


def test_no_metric_is_made_elsewhere() -> None:
    made = []
    for path in python_files(*PACKAGES):
        if path == ROOT / "streams" / "runtime" / "metrics.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("prometheus_client"):
                made += [(short(path), name.name) for name in node.names if name.name in METRIC_KINDS]
    assert made == []
