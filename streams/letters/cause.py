"""What an exception says about where it came from, in a few bytes and without paths of any machine. Pure."""

from __future__ import annotations

import traceback

STACK_LIMIT = 2000  #: bytes
_FRAMES = 12
_HEAD = 5  # bytes of the wire format: 0, then the schema's id


def root_of(error: BaseException) -> BaseException:
    """The first cause: what was translated into the others."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def class_of(error: BaseException | None) -> str:
    """The first cause's class with its module, "" where nothing was raised."""
    if error is None:
        return ""
    kind = type(root_of(error))
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def stack_of(error: BaseException | None) -> str:
    """Where each cause was raised, the first one first: `module:line function`. At most STACK_LIMIT bytes."""
    lines: list[str] = []
    while error is not None:
        here = [
            f"  {frame.f_globals.get('__name__', '?')}:{line} {frame.f_code.co_name}"
            for frame, line in traceback.walk_tb(error.__traceback__)
        ]
        lines = [type(error).__name__, *here[-_FRAMES:], *lines]
        error = error.__cause__
    whole = "\n".join(lines).encode("ascii", "backslashreplace")
    return whole[:STACK_LIMIT].decode("ascii")


def schema_id_of(value: bytes | None) -> str:
    """The id of the schema that a record says it was written with, "" where it says none."""
    whole = value is not None and len(value) >= _HEAD and value[0] == 0
    return str(int.from_bytes(value[1:_HEAD], "big")) if value is not None and whole else ""
