"""Letters of others, imported from a real broker: once each, pointers followed, positions kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from ops.cases.importing import Imported, import_letters
from streams.letters.foreign import Family, as_letter, read_foreign
from streams.letters.outbox import Outgoing
from streams.runtime.settings import Settings
from tests.integration.cases_rig import ADA, Scene, play

GOLDEN = Path(__file__).parents[1] / "golden" / "foreign"


@pytest.fixture
def topic(stack_settings: Settings) -> Iterator[str]:
    name = f"theirs.{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": stack_settings.bootstrap})
    admin.create_topics([NewTopic(name, 2, 1)])[name].result()
    yield name
    admin.delete_topics([name])[name].result()


def produce(
    settings: Settings, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
) -> None:
    producer = Producer({"bootstrap.servers": settings.bootstrap})
    producer.produce(topic, key=key, value=value, headers=list(headers), partition=1)
    assert producer.flush(15) == 0


def fixture(name: str, source: str = "") -> tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]:
    document = json.loads((GOLDEN / f"{name}.json").read_text())
    key, value = (None if document[part] is None else bytes.fromhex(document[part]) for part in ("key", "value"))
    headers = [(header, bytes.fromhex(text)) for header, text in document["headers"]]
    moved = {"__dlq.errors.topic": source.encode(), "__dlq.errors.partition": b"1", "__dlq.errors.offset": b"0"}
    return key, value, [(header, moved.get(header, text) if source else text) for header, text in headers]


def run(url: str, settings: Settings, topic: str, family: Family) -> tuple[list[Imported], list[Outgoing]]:
    """Import twice; what each came to, and everything that was sent."""
    done: list[Imported] = []
    sent: list[Outgoing] = []

    async def scene(s: Scene) -> None:
        for _ in range(2):
            done.append(await import_letters(s.desk, ADA, settings.bootstrap, family, topic, "moving house"))
        sent.extend(s.sent)
        assert len((await s.ask("audit.list", action="letter.import")).entries) == 2

    play(url, scene)
    return done, sent


def test_theirs_become_ours_once_and_what_is_none_is_named(
    operations_url: str, stack_settings: Settings, topic: str
) -> None:
    produce(stack_settings, topic, *fixture("connect"))
    produce(stack_settings, topic, b"k", b"no letter", [])
    done, sent = run(operations_url, stack_settings, topic, Family.CONNECT)
    assert [(one.read, one.written) for one in done] == [(2, 1), (0, 0)]
    assert done[0].refused is not None
    assert "__connect.errors.topic is missing" in done[0].refused[0]
    assert [out.topic for out in sent] == ["mesh.dlq.undecodable"]
    assert (sent[0].key, sent[0].value) == fixture("connect")[:2]


def test_a_pointer_is_followed_to_its_source(operations_url: str, stack_settings: Settings, topic: str) -> None:
    source = f"{topic}.source"
    admin = AdminClient({"bootstrap.servers": stack_settings.bootstrap})
    admin.create_topics([NewTopic(source, 2, 1)])[source].result()
    try:
        produce(stack_settings, source, b"job", b"\x00work\xff", [("h", b"\x01")])
        produce(stack_settings, topic, *fixture("share_group", source))
        done, sent = run(operations_url, stack_settings, topic, Family.SHARE_GROUP)
    finally:
        admin.delete_topics([source])[source].result()
    assert (done[0].fetched, done[0].gone) == (1, 0)
    assert (sent[0].key, sent[0].value) == (b"job", b"\x00work\xff")
    assert ("h", b"\x01") in list(sent[0].headers)


def test_an_imported_letter_is_a_case_that_is_decided_without_a_replay(operations_url: str) -> None:

    async def scene(s: Scene) -> None:
        key, value, headers = fixture("spring")
        letter = as_letter(read_foreign(Family.SPRING, key, value, headers, 1767225601000))
        await s.indexer.index([s.topics.put(letter.topic, 0, letter.key, letter.value, letter.headers)])
        (line,) = (await s.ask("letter.list")).letters
        assert (line.family, line.stage, line.sink, line.attempts) == ("spring", "spring", "billing", 4)
        done = await s.ask("case.resolve", case_id=line.letter_id, why="sent again by their team")
        assert (done.items[0].state, done.sent) == ("resolved", 0)
        assert "<masked" not in str((await s.ask("letter.show", letter_id=line.letter_id, reveal=True)).payload)

    play(operations_url, scene)
