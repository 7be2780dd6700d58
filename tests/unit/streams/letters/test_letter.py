"""A letter keeps its record bit for bit and its own size, however often it fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import headers as names
from schemas.headers import foreign_headers, header_text
from schemas.reasons import Reason
from schemas.topics import DEAD_LETTER, REDRIVE
from streams.letters.letter import Failure, Letter, Original, Subject, compose
from streams.letters.redrive import redriven

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SUBJECT = Subject("e1", "opportunity", "d1", "a1")
FAILURE = Failure(Reason.MISSING_ACCOUNT, "decide", "no account", "create it")
HEADERS = st.lists(st.tuples(st.text(st.characters(codec="ascii"), min_size=1, max_size=9), st.none() | st.binary()))


def message(topic: str, offset: int, key: Any, value: Any, headers: Any) -> Any:
    """A record as the client gives it."""
    facts = {"topic": topic, "partition": 2, "offset": offset, "key": key, "value": value, "headers": headers}
    return SimpleNamespace(**{name: lambda fact=fact: fact for name, fact in facts.items()}, timestamp=lambda: (1, 99))


def again(letter: Letter, offset: int, hours: int) -> Letter:
    """The letter sent back into its stage, read there, and failing again."""
    back = redriven(Original.of(message(letter.topic, offset, letter.key, letter.value, letter.headers)), "decide", 2)
    read = Original.of(message(back.topic, offset + 1, back.key, back.value, list(back.headers)))
    return compose(read, SUBJECT, FAILURE, NOW + timedelta(hours=hours))


@given(st.none() | st.binary(), st.none() | st.binary(), HEADERS)
def test_the_record_is_kept_bit_for_bit(key: bytes | None, value: bytes | None, headers: Any) -> None:
    letter = compose(Original.of(message("t", 7, key, value, headers)), SUBJECT, FAILURE, NOW)
    assert (letter.key, letter.value) == (key, value)
    assert foreign_headers(letter.headers) == foreign_headers(headers)
    ours = [name for name, _ in letter.headers if name.startswith(names.PREFIX)]
    assert len(set(ours)) == len(ours)
    assert letter.topic == DEAD_LETTER[Reason.MISSING_ACCOUNT].name


def test_headers_of_ours_that_came_along_are_set_and_not_repeated() -> None:
    came = [(names.REASON, b"old"), (names.REASON, b"older"), ("odd", b"\xff")]
    letter = compose(Original.of(message("t", 7, b"k", b"v", came)), SUBJECT, FAILURE, NOW)
    assert [value for name, value in letter.headers if name == names.REASON] == [b"missing_account"]
    assert ("odd", b"\xff") in letter.headers


def test_after_fifty_failures_it_is_the_same_letter_of_the_same_size() -> None:
    first = letter = compose(Original.of(message("t", 7, b"k", b"v", [("x", b"y")])), SUBJECT, FAILURE, NOW)
    second = again(letter, 100, 1)
    for times in range(50):
        letter = again(letter, 100 + times, 1 + times % 9)
    assert letter.letter_id == second.letter_id == first.letter_id
    assert sum(len(n) + len(v or b"") for n, v in letter.headers) == sum(
        len(n) + len(v or b"") for n, v in second.headers
    )
    assert len(letter.headers) == len(second.headers) == len(first.headers)
    assert header_text(letter.headers, names.FIRST_FAILED_AT) == NOW.isoformat()
    where = (names.SOURCE_TOPIC, names.SOURCE_PARTITION, names.SOURCE_OFFSET, names.SOURCE_TIMESTAMP)
    assert [header_text(letter.headers, name) for name in where] == ["t", "2", "7", "99"]


def test_another_stage_or_record_is_another_letter() -> None:
    ids = {
        compose(Original("t", 0, offset, 0, b"", b""), SUBJECT, Failure(Reason.UNDECODABLE, stage, ""), NOW).letter_id
        for offset in (1, 2)
        for stage in ("normalise", "decide")
    }
    assert len(ids) == 4


def test_a_long_detail_is_cut_and_says_so() -> None:
    failure = Failure(Reason.UNCLASSIFIED, "decide", "x" * 5000)
    detail = header_text(compose(Original("t", 0, 1, 0, b"", b""), SUBJECT, failure, NOW).headers, names.DETAIL)
    assert len(detail) == 2006
    assert detail.endswith(" [cut]")
    assert REDRIVE["decide"].partitions == 4
