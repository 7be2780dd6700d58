"""The README's topic table says what the declaration says."""

from __future__ import annotations

from pathlib import Path

from ops.topics.table import BEGIN, END, table
from schemas.topics import DEAD_LETTER, TOPICS

README = Path(__file__).parents[4] / "README.md"


def test_each_topic_has_a_line_and_the_dead_letters_one_together() -> None:
    lines = table(TOPICS).splitlines()[2:]
    dead = {topic.name for topic in DEAD_LETTER.values()}
    names = [line.split("`")[1] for line in lines]
    assert len(set(names)) == len(names) == len(TOPICS) - len(dead) + 1
    assert "mesh.dlq.<reason>" in names
    assert all(line.count("|") == 7 for line in lines)


def test_the_readme_holds_the_table() -> None:
    text = README.read_text("utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    between = text.split(BEGIN)[1].split(END)[0].strip()
    assert between == table(TOPICS).strip(), "put the output of `meshline topics table` between the markers"
