"""CEL expressions: compiled once, evaluated over facts, and never over binary fractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import cel

from streams.rules.decisions import MOST_BASIS_POINTS, MOST_MONTHS, Facts, Value, ValueKind
from streams.rules.errors import Undecided, Unreadable

_TEXT = re.compile(r"[rRbB]{0,2}(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')")
_BOUND = re.compile(r"\.(?:all|exists|exists_one|map|filter)\(\s*([A-Za-z_]\w*)")
_NAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)(?!\w)(?!\s*\()")
_FRACTION = re.compile(r"(?<!\w)(\d+\.\d*|\.\d+|\d+[eE][+-]?\d+)|\bdouble\s*\(")
_WORDS = frozenset({"true", "false", "null", "in"})
#: CEL counts in 64 bits.
_MOST_INTEGER = 2**63


def compare(left: str, right: str) -> int:
    """Two decimal numbers as text: -1, 0 or 1, exactly. For rules as `compare("19.99", "20")`."""
    try:
        one, other = Decimal(left), Decimal(right)
    except InvalidOperation:
        raise ValueError(f"compare takes decimal numbers, not {left!r} and {right!r}") from None
    return (one > other) - (one < other)


_FUNCTIONS: dict[str, Callable[..., Any]] = {"compare": compare}


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression. `constant` is its value where it asks for no fact, else None."""

    text: str
    asks: frozenset[str]  #: the names in it
    program: cel.Program
    constant: Any = None


def compile_expression(text: str) -> Expression:
    """Raises Unreadable where the text is no expression, or has a fraction that is not exact."""
    bare = _TEXT.sub('""', text)
    if _FRACTION.search(bare):
        raise Unreadable(f"{text}: a fraction is not exact here; write minor units, basis points or compare()")
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise Unreadable(f"{text}: {' '.join(str(error).split())}") from None
    asks = frozenset(_NAME.findall(bare)) - _WORDS - frozenset(_BOUND.findall(bare))
    constant = None
    if not asks:
        try:
            constant = program.execute(cel.Context(functions=_FUNCTIONS))
        except Exception as error:  # the library raises many kinds
            raise Unreadable(f"{text}: {error}") from None
    return Expression(text, asks, program, constant)


def texts_in(text: str) -> list[str]:
    """The text literals of an expression."""
    return [found[1:-1] for found in _TEXT.findall(text)]


def numbers_in(text: str) -> list[int]:
    """The whole numbers in an expression."""
    return [int(found) for found in re.findall(r"(?<![\w.])\d+(?![\w.])", _TEXT.sub('""', text))]


def context_of(facts: Facts) -> cel.Context:
    """Facts as the library takes them. Raises Undecided for a number that is too large for it."""
    for name, fact in facts.items():
        if isinstance(fact, int) and not -_MOST_INTEGER <= fact < _MOST_INTEGER:
            raise Undecided(f"{name} is {fact}, which rules cannot count")
    return cel.Context(variables=dict(facts), functions=_FUNCTIONS)


def evaluate(expression: Expression, context: Callable[[], cel.Context]) -> Any:
    """The value; `context` is asked for only where a fact is. Raises Undecided where the expression fails."""
    if expression.constant is not None:
        return expression.constant
    try:
        return expression.program.execute(context())
    except Undecided:
        raise
    except Exception as error:  # the library raises many kinds
        raise Undecided(f"`{expression.text}` fails: {error}") from None


_WANTED: dict[ValueKind, str] = {
    "yes or no": "true or false",
    "basis points": "a whole number from 0 to 10000",
    "minor units": "a whole number from 0 on",
    "months": f"a whole number from 0 to {MOST_MONTHS}",
    "text": "a text that is not empty",
    "duration": "a duration",
}


def fault_of(value: Any, kind: ValueKind) -> str | None:
    """Why a value is not of the decision's kind; None where it is."""
    match kind:
        case "yes or no":
            good = isinstance(value, bool)
        case "basis points":
            good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_BASIS_POINTS
        case "minor units":
            good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case "months":
            good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_MONTHS
        case "text":
            good = isinstance(value, str) and bool(value.strip())
        case "duration":
            good = isinstance(value, timedelta) and value >= timedelta(0)
    return None if good else f"{value!r} is not {_WANTED[kind]}"


def value_of(written: bool | int | str, kind: ValueKind) -> Value | None:
    """What an example's `value` stands for: a duration is written as `48h`. None where it is of another kind."""
    value: Any = written
    if kind == "duration" and isinstance(written, str):
        try:
            value = cel.evaluate(f'duration("{written}")')
        except Exception:  # the library raises many kinds
            return None
    return None if fault_of(value, kind) else value
