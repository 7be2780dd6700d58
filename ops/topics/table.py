"""The README's table of topics, from the declaration. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.topics import DEAD_LETTER, Topic

BEGIN, END = "<!-- topics:begin -->", "<!-- topics:end -->"
_HEAD = "| topic | what is on it | written by | read by | partitioned by | kept |"


def table(topics: Iterable[Topic]) -> str:
    """A markdown table, one line per topic; the dead-letter topics are one line together."""
    rows = [_HEAD, "|" + " --- |" * 6]
    dead = {topic.name for topic in DEAD_LETTER.values()}
    told = False
    for topic in topics:
        if topic.name not in dead:
            rows.append(_row(topic, topic.name, topic.meaning))
        elif not told:
            told = True
            name = topic.name.rpartition(".")[0] + ".<reason>"
            rows.append(_row(topic, name, f"dead letters, one topic for each of {len(dead)} reasons"))
    return "\n".join(rows) + "\n"


def _row(topic: Topic, name: str, meaning: str) -> str:
    kept = "newest per key" if topic.cleanup == "compact" else f"{topic.retention_days} days"
    readers = ", ".join(topic.readers)
    return f"| `{name}` | {meaning} | {topic.writer} | {readers} | {topic.partitioned_by} | {kept} |"
