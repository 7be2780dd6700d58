"""Letters of four other writers, from bytes as they write them, without loss."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import headers as names
from schemas.headers import Headers, foreign_headers, header_text
from schemas.reasons import Reason
from streams.letters.foreign import Family, Foreign, NotOfFamily, as_letter, read_foreign
from streams.letters.letter import Original

FOLDER = Path(__file__).parents[3] / "golden" / "foreign"
FAMILY = {
    "spring": Family.SPRING,
    "spring_retry": Family.SPRING,
    "connect": Family.CONNECT,
    "streams": Family.STREAMS,
    "share_group": Family.SHARE_GROUP,
}


def load(name: str) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]], int]:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    key, value = (None if document[part] is None else bytes.fromhex(document[part]) for part in ("key", "value"))
    return key, value, [(header, bytes.fromhex(text)) for header, text in document["headers"]], document["timestamp_ms"]


def read(name: str) -> Foreign:
    return read_foreign(FAMILY[name], *load(name))


@pytest.mark.parametrize(
    ("name", "origin", "reason", "detail", "attempts", "by"),
    [
        ("spring", "orders/3/4294967298", Reason.UNCLASSIFIED, "OrderFailed: Listener failed; no stock", 4, "billing"),
        (
            "spring_retry",
            "orders/0/12",
            Reason.UNDECODABLE,
            "DeserializationException: failed to deserialize",
            1,
            "billing",
        ),
        (
            "connect",
            "orders/2/41",
            Reason.UNDECODABLE,
            "VALUE_CONVERTER in io.confluent.connect.avro.AvroConverter: DataException: Failed to deserialize data",
            1,
            "erp-sink-0",
        ),
        (
            "streams",
            "payments/1/99",
            Reason.UNCLASSIFIED,
            'NumberFormatException: For input string: "x"',
            1,
            "",
        ),
        ("share_group", "jobs/0/5", Reason.UNCLASSIFIED, "Offset delivery count exceeded the threshold.", 5, "workers"),
    ],
)
def test_what_they_say_is_understood(
    name: str, origin: str, reason: Reason, detail: str, attempts: int, by: str
) -> None:
    found = read(name)
    assert (f"{found.topic}/{found.partition}/{found.offset}", found.attempts, found.by) == (origin, attempts, by)
    assert found.detail == detail
    assert as_letter(found).reason is reason


@pytest.mark.parametrize("name", FAMILY)
def test_nothing_is_lost_and_importing_again_is_the_same_letter(name: str) -> None:
    key, value, headers, _ = load(name)
    letter = as_letter(read(name))
    assert (letter.key, letter.value) == (key, value)
    assert foreign_headers(letter.headers) == headers
    assert letter == as_letter(read(name))
    assert header_text(letter.headers, names.FAMILY) == FAMILY[name].value


def test_a_pointer_is_followed_or_says_that_its_record_is_gone() -> None:
    pointer = read("share_group")
    assert pointer.pointer_only
    there = Original("jobs", 0, 5, 1234, b"k", b"v\xff", (("h", b"\x00"), ("none", None)))
    found = as_letter(pointer, there)
    assert (found.key, found.value) == (b"k", b"v\xff")
    assert foreign_headers(found.headers)[:2] == [("h", b"\x00"), ("none", None)]
    assert found.letter_id == as_letter(pointer).letter_id
    assert "no longer on its topic" in header_text(as_letter(pointer).headers, names.DETAIL)


@pytest.mark.parametrize("name", ["spring", "connect", "streams", "share_group"])
def test_another_family_is_refused_by_name(name: str) -> None:
    key, value, headers, at = load(name)
    for other in set(Family) - {FAMILY[name]}:
        with pytest.raises(NotOfFamily, match=r"the header .* is missing"):
            read_foreign(other, key, value, headers, at)


def test_a_number_as_text_is_not_springs() -> None:
    key, value, headers, at = load("spring")
    wrong: Headers = [(n, b"3" if n.endswith("partition") else v) for n, v in headers]
    with pytest.raises(NotOfFamily, match="1 bytes, not 4"):
        read_foreign(Family.SPRING, key, value, wrong, at)


@given(
    st.sampled_from(Family),
    st.lists(
        st.tuples(st.sampled_from([h for n in FAMILY for h, _ in load(n)[2]]), st.none() | st.binary(max_size=20))
    ),
)
def test_any_headers_are_read_or_refused(family: Family, headers: list[tuple[str, bytes | None]]) -> None:
    with suppress(NotOfFamily):
        letter = as_letter(read_foreign(family, b"k", b"v", headers, 0))
        assert (letter.key, letter.value) == (b"k", b"v")
