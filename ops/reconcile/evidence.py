"""What a certificate tells besides the systems: the state topics as they stand, and whether the books balance."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from confluent_kafka import KafkaException
from sqlalchemy.exc import SQLAlchemyError

from reconciler.feed import decode_rows
from reconciler.topics import ReconcilerTopics
from schemas.codec import Codec
from streams.runtime.reading import read_to_the_end
from streams.runtime.settings import Settings

_NAMED = 20  #: unreadable rows that are named; all of them are counted
_AT_ONCE = 2000


def topics_read(settings: Settings, codec: Codec, now: datetime) -> dict[str, Any]:
    """Per state topic: rows, positions by partition, the newest row's time, and what cannot be read.

    Rows of unknown versions and broken ones are counted, and the first are named.
    """
    topics, found = ReconcilerTopics(), dict[str, Any]()
    for topic in topics.state.values():
        rows, unreadable, positions, newest, named = 0, 0, Counter[str](), 0, list[dict[str, Any]]()
        batch: list[Any] = []

        def judge(batch: list[Any], named: list[dict[str, Any]] = named) -> int:
            _, broken = decode_rows(batch, topics.entities, codec, now)
            named.extend({"place": f"{one.feed.partition}/{one.offset}", "why": one.why[:300]} for one in broken)
            return len(broken)

        try:
            for message in read_to_the_end(settings.bootstrap, f"{settings.worker.group}.certificate", [topic.name]):
                batch.append(message)
                rows += 1
                positions[str(message.partition())] = message.offset() + 1
                newest = max(newest, message.timestamp()[1])
                if len(batch) >= _AT_ONCE:
                    unreadable += judge(batch)
                    batch.clear()
            unreadable += judge(batch)
        except KafkaException as error:
            found[topic.name] = {"why": f"not read: {error.args[0].str()}"}
            continue
        whole = {"rows": rows, "unreadable": unreadable, "named": named[:_NAMED], "newest_ms": newest}
        found[topic.name] = whole | {"positions": dict(sorted(positions.items()))}
    return found


def books_read(settings: Settings, now: datetime) -> dict[str, Any]:
    """`balance` is balanced, unbalanced or unknown; the window's counts, and what was lost or contradicts itself."""
    from ops.books.balance import State  # noqa: PLC0415 - the books are only loaded where they are counted
    from ops.books.errors import BooksUnreadable  # noqa: PLC0415
    from ops.books.reader import BooksReader, offsets_at  # noqa: PLC0415

    since = now - settings.books.window
    try:
        with BooksReader(settings, offsets_at(settings, since)) as reader:
            books = reader.read()
    except (BooksUnreadable, KafkaException, SQLAlchemyError) as error:
        return {"balance": "unknown", "why": str(error).splitlines()[0][:300]}
    counts = {state.value: books.count(state) for state in State}
    return {
        "balance": "balanced" if books.balanced else "unbalanced",
        "since": since.isoformat(),
        "accepted": books.accepted,
        "counts": counts,
        "lost": list(books.lost[:_NAMED]),
        "contradictions": list(books.contradictions[:_NAMED]),
    }
