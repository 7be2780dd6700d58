"""A JSON document from bytes that strangers wrote: strict, bounded, exact. Used by the door and by normalisation."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, NoReturn

Document = dict[str, Any] | list[Any]

#: Deeper than any sender's real body; it keeps what reads the document afterwards far from the recursion limit.
MAX_DEPTH = 32


class MalformedBody(Exception):
    """The body is not one JSON object or array in UTF-8; the message says why and quotes nothing of it."""


def parse_document(body: bytes) -> Document:
    """The object or array in the bytes. Raises MalformedBody.

    Numbers with a fraction or an exponent become Decimal, so nothing is rounded. NaN, Infinity, names given twice
    in one object and nesting beyond MAX_DEPTH are refused.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"not UTF-8 at byte {error.start}") from None
    try:
        found = json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise MalformedBody(f"not JSON: {error.msg} at character {error.pos}") from None
    except RecursionError:
        raise MalformedBody(f"nested deeper than {MAX_DEPTH} levels") from None
    except (ValueError, ArithmeticError):
        raise MalformedBody("a number in it is too long to read") from None
    if not isinstance(found, dict | list):
        raise MalformedBody("JSON, but neither an object nor an array")
    _check_depth(found)
    return found


def _no_constant(name: str) -> NoReturn:
    raise MalformedBody(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedBody("an object has the same name twice")
    return found


def _check_depth(document: Document) -> None:
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in _children(node) if isinstance(child, dict | list)]
        if not level:
            return
    raise MalformedBody(f"nested deeper than {MAX_DEPTH} levels")


def _children(node: Document) -> list[Any]:
    return list(node.values()) if isinstance(node, dict) else node
