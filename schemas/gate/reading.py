"""Text to JSON, strictly and within bounds: what no reader should be sent is a `BadSchema` with its place."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from schemas.gate.errors import BadSchema
from schemas.gate.positions import Place, positions

LARGEST = 1_000_000  #: characters of one schema; real ones have a few thousand
DEEPEST = 100  #: JSON levels; Java's own reader gives up at 1000, recursion in readers far earlier


def read_json(text: str) -> Any:
    """The document. Raises BadSchema: too large, not JSON, a key twice in one object."""
    if len(text) > LARGEST:
        raise BadSchema("ML062", f"the file has {len(text):,} characters; a schema has at most {LARGEST:,}")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        place = (error.lineno, error.colno)
        raise BadSchema("ML060", f"this is not JSON: {error.msg[0].lower()}{error.msg[1:]}", place=place) from error
    except RecursionError as error:
        raise BadSchema("ML062", f"the JSON is nested deeper than {DEEPEST} levels") from error
    except _Twice as error:
        raise BadSchema("ML063", f'the key "{error.key}" stands twice in one object', place=_second(text)) from error
    except ValueError as error:  # a number of thousands of digits, NaN
        raise BadSchema("ML060", f"this is not JSON: {str(error)[:100]}") from error


class _Twice(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _Twice(key)
            seen.add(key)
    return found


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _second(text: str) -> Place | None:
    twice: list[Place] = []
    positions(text, twice)
    return twice[0] if twice else None
