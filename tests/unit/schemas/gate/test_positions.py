from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.gate.positions import escape, place_of, positions

TEXT = '{\n  "a/b": [1, {"c\\u0041": "}{"}],\n  "~": null\n}'


def test_places_count_from_one() -> None:
    assert positions(TEXT) == {
        "": (1, 1),
        "/a~1b": (2, 10),
        "/a~1b/0": (2, 11),
        "/a~1b/1": (2, 14),
        "/a~1b/1/cA": (2, 26),
        "/~0": (3, 8),
    }


def test_a_pointer_that_is_not_there_has_the_place_around_it() -> None:
    assert place_of(positions(TEXT), "/a~1b/1/missing/deeper") == (2, 14)
    assert place_of({}, "/a") == (1, 1)


def test_keys_that_repeat_are_told() -> None:
    twice: list[tuple[int, int]] = []
    positions('{"a": 1,\n "a": 2}', twice)
    assert twice == [(2, 7)]


DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def _pointers(value: Any, at: str = "") -> set[str]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {at}.union(*(_pointers(item, f"{at}/{escape(str(key))}") for key, item in inner))


@given(DOCUMENTS, st.sampled_from((None, 2)), st.booleans())
def test_every_value_has_a_place_and_its_text_is_there(document: Any, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    found = positions(text)
    assert set(found) == _pointers(document)
    lines = text.split("\n")
    decoder = json.JSONDecoder()
    for pointer, (line, column) in found.items():
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        assert decoder.raw_decode(rest)[0] == _at(document, pointer)


def _at(document: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document
