"""What a certificate tells besides the systems: the state topics as they stand, and whether the books balance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from confluent_kafka import KafkaException
from sqlalchemy.exc import SQLAlchemyError

from reconciler.feed import decode_rows
from reconciler.rows import EntityName
from reconciler.topics import ReconcilerTopics
from schemas.codec import Codec
from streams.runtime.reading import read_to_the_end
from streams.runtime.settings import Settings

_NAMED = 20  #: unreadable rows that are named; all of them are counted
_AT_ONCE = 2000


def topic_reader(settings: Settings) -> Callable[[str], Iterable[Any]]:
    """What reads a topic from its beginning to its end as it is now. It raises KafkaException."""
    group = f"{settings.worker.group}.certificate"
    return lambda name: read_to_the_end(settings.bootstrap, group, [name])


def topics_read(read: Callable[[str], Iterable[Any]], codec: Codec, now: datetime) -> dict[str, Any]:
    """Per state topic what `summed` tells of it, or why it was not read."""
    topics, found = ReconcilerTopics(), dict[str, Any]()
    for topic in topics.state.values():
        try:
            found[topic.name] = summed(read(topic.name), topics.entities, codec, now)
        except KafkaException as error:
            found[topic.name] = {"why": f"not read: {error.args[0].str()}"}
    return found


def summed(
    messages: Iterable[Any], entities: Mapping[str, EntityName], codec: Codec, now: datetime, at_once: int = _AT_ONCE
) -> dict[str, Any]:
    """Rows, positions by partition, the newest row's time, and what cannot be read.

    Rows of unknown versions and broken ones are counted, and the first are named. Raises RegistryUnavailable.
    """
    rows, newest, unreadable = 0, 0, 0
    positions: dict[str, int] = {}
    named: list[dict[str, Any]] = []
    waiting = iter(messages)
    while batch := list(islice(waiting, at_once)):
        rows += len(batch)
        for message in batch:
            positions[str(message.partition())] = message.offset() + 1
            newest = max(newest, message.timestamp()[1])
        _, broken = decode_rows(batch, entities, codec, now)
        unreadable += len(broken)
        named += [{"place": f"{one.feed.partition}/{one.offset}", "why": one.why[:300]} for one in broken]
        del named[_NAMED:]
    whole = {"rows": rows, "unreadable": unreadable, "named": named, "newest_ms": newest}
    return whole | {"positions": dict(sorted(positions.items()))}


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
