"""Verdicts as a header's text, and back."""

from __future__ import annotations

from datetime import timedelta

from streams.rules import Verdict
from streams.rules.told import Cited, Told, read_told, tell

WAIT = Verdict("hold.lines", timedelta(minutes=15, microseconds=1), "hold-for-lines", 3, 2, "why", {"waits_for": "é"})
ON = Verdict("flow", True, "flows", 1, 1, "why")


def test_verdicts_travel_whole_and_a_duration_keeps_its_last_microsecond() -> None:
    text = tell("abc", [WAIT, ON])
    assert text == (
        '{"set":"abc","by":[["hold.lines","900000001us","hold-for-lines",3,2,{"waits_for":"é"}],'
        '["flow",true,"flows",1,1,{}]]}'
    )
    cited = Cited("hold.lines", "900000001us", "hold-for-lines", 3, 2, {"waits_for": "é"})
    assert read_told(text) == Told("abc", (cited, Cited("flow", True, "flows", 1, 1, {})))


def test_what_is_no_such_header_is_none() -> None:
    for text in ("", "nonsense", "{}", "[]", "1", '{"set": "x"}', '{"set": "x", "by": [[1]]}', '{"set": "x", "by": 1}'):
        assert read_told(text) is None
