from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.intake.document import MAX_DEPTH, MalformedBody, parse_document


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_document_or_malformed(body: bytes) -> None:
    try:
        found = parse_document(body)
    except MalformedBody:
        return
    assert isinstance(found, dict | list)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'"text"',
        b"12",
        b"{",
        b"{'a':1}",
        b'{"a":1} {"b":2}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"amount":"1","amount":"100"}',
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_000,
        b"[" * 2000 + b"]" * 2000,
        b'{"a":' + b"9" * 10_000 + b"}",
        b'{"a":1e99999999999999999999}',
    ],
)
def test_what_is_not_one_plain_json_document_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedBody):
        parse_document(body)


def test_the_depth_has_a_limit_and_up_to_it_all_is_read() -> None:
    deepest = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert json.dumps(parse_document(deepest)).encode() == deepest
    with pytest.raises(MalformedBody, match="deeper"):
        parse_document(b"[" + deepest + b"]")


def test_fractions_stay_exact() -> None:
    assert parse_document(b'{"a":0.1000000000000000000001}') == {"a": Decimal("0.1000000000000000000001")}
