"""A letter says what was raised and where, in few bytes and without a path."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from schemas import headers as names
from schemas.headers import header_text
from schemas.reasons import Reason
from sinks.effects import letter_of
from sinks.errors import Failing, Refused
from sinks.retry import RetryPolicy, judge
from streams.letters.cause import STACK_LIMIT, class_of, schema_id_of, stack_of
from streams.letters.letter import Failure, Original, Subject, compose
from tests.contract.sink_examples import customer

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def deep(levels: int) -> None:
    if levels:
        deep(levels - 1)
    try:
        dict[str, str]()["nothing"]
    except KeyError as error:
        raise Refused(Reason.UNCLASSIFIED, "no rule for this") from error


def raised(levels: int = 1) -> BaseException:
    with pytest.raises(Refused) as caught:
        deep(levels)
    return caught.value


def test_the_first_cause_is_named_and_where_it_was_raised() -> None:
    error = raised()
    assert class_of(error) == "KeyError"
    assert class_of(Failing("x")) == "sinks.errors.Failing"
    stack = stack_of(error).splitlines()
    assert (stack[0], stack[-1].endswith(" deep")) == ("KeyError", True)
    assert "Refused" in stack
    assert "/" not in stack_of(error), "no path of a machine"
    assert (class_of(None), stack_of(None)) == ("", "")


def test_a_stack_is_bounded() -> None:
    assert len(stack_of(raised(300)).encode()) <= STACK_LIMIT


def test_a_sinks_letter_has_all_facts() -> None:
    error = raised()
    assert isinstance(error, Refused)
    error.http_status = 200
    verdict = judge(error, 1, RetryPolicy(), 0.0)
    original = Original("t", 0, 1, 0, b"k", b"\x00\x00\x00\x00\x07rest")
    letter = letter_of(original, customer("a", 1), verdict, 1, "tryton", NOW)  # type: ignore[arg-type]
    found = [header_text(letter.headers, name) for name in (names.ERROR_CLASS, names.HTTP_STATUS, names.SCHEMA_ID)]
    assert found == ["KeyError", "200", "7"]
    assert "deep" in header_text(letter.headers, names.STACK)


def test_facts_of_an_earlier_failure_do_not_stay() -> None:
    came = [(names.ERROR_CLASS, b"Old"), (names.STACK, b"old"), (names.HTTP_STATUS, b"500"), (names.SCHEMA_ID, b"9")]
    original = Original("t", 0, 1, 0, b"k", b"text", tuple(came))
    letter = compose(original, Subject("e"), Failure(Reason.MISSING_ACCOUNT, "decide", "none"), NOW)
    assert {dict(letter.headers)[name] for name, _ in came} == {b""}


@pytest.mark.parametrize(("value", "told"), [(None, ""), (b"", ""), (b"\x00\x00\x00\x01\x00", "256"), (b"{}", "")])
def test_the_schema_id_is_what_the_record_says(value: bytes | None, told: str) -> None:
    assert schema_id_of(value) == told
