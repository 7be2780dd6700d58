"""What can be wrong before two schemas can be compared.

GateError
├── BadSchema        the text is not JSON, or the JSON is not an Avro schema: a finding, with its place
└── SourceUnreadable a folder, a git reference or a registry cannot be read: the command ends with 1
"""

from __future__ import annotations


class GateError(Exception):
    """The gate cannot go on with this input."""


class BadSchema(GateError):
    """A schema that no reader could use: `rule` says in which way, `pointer` where."""

    def __init__(self, rule: str, message: str, pointer: str = "", place: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.pointer = pointer
        self.place = place  #: line and column, where the text has no pointers because it is not JSON


class SourceUnreadable(GateError):
    """The schemas to check, or those to check against, cannot be read."""
