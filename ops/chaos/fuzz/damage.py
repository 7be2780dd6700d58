"""Ways to damage a text, a JSON document or bytes. A seed repeats it."""

from __future__ import annotations

import json
from random import Random
from typing import Any

_TOKENS = (
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    ":",
    "null",
    "true",
    "-1",
    "1e999",
    "NaN",
    "\\u0000",
    "\\ud800",
    "\ufeff",
    "/*",
)
_KINDS = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_WORDS = (*_KINDS, "record", "enum", "fixed", "array", "map", "error", "", "Order", "meshline.Order", "a.b.", "9x", "ä")
_KEYS = (
    "type",
    "name",
    "namespace",
    "fields",
    "symbols",
    "items",
    "values",
    "default",
    "aliases",
    "size",
    "logicalType",
)
_LENGTHS = (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\xfe\xff\xff\xff\x0f", b"\x80" * 20, b"\x01", b"\xff" * 11)


def damaged_text(text: str, random: Random) -> str:
    """A schema file after something happened to it."""
    kind = random.randrange(8)
    if kind <= 3:
        return _damaged_document(text, random)
    at = random.randrange(len(text) + 1)
    if kind == 4:
        return text[:at]
    if kind == 5:
        return text[:at] + random.choice(_TOKENS) + text[at:]
    if kind == 6:
        return text[:at] + text[at + random.randrange(40) :]
    return _nasty(text, random)


def _damaged_document(text: str, random: Random) -> str:
    """Still JSON, mostly: one to three nodes are other nodes now."""
    document = json.loads(text)
    for _ in range(random.randint(1, 3)):
        places = list(_places(document))
        if not places:
            break
        parent, key = random.choice(places)
        match random.randrange(5):
            case 0 if isinstance(parent, dict):
                del parent[key]
            case 1:
                other, other_key = random.choice(places)
                parent[key] = json.loads(json.dumps(other[other_key]))
            case 2 if isinstance(parent, dict):
                parent[random.choice(_KEYS)] = _value(random)
            case 3 if isinstance(parent, list):
                parent.insert(random.randrange(len(parent) + 1), _value(random))
            case _:
                parent[key] = _value(random)
    return json.dumps(document, indent=random.choice((None, 2)))


def _places(document: Any) -> Any:
    todo = [document]
    while todo:
        node = todo.pop()
        if isinstance(node, dict | list):
            for key in node if isinstance(node, dict) else range(len(node)):
                yield node, key
                todo.append(node[key])


def _value(random: Random) -> Any:
    simple: tuple[Any, ...] = (
        None,
        True,
        0,
        -1,
        2**31,
        2**70,
        1.5,
        [],
        {},
        random.choice(_WORDS),
        random.choice(_KINDS),
    )
    amount = {
        "type": "bytes",
        "logicalType": "decimal",
        "precision": random.randint(-1, 40),
        "scale": random.randint(-1, 9),
    }
    fixed = {"type": "fixed", "name": random.choice(_WORDS), "size": random.choice((0, 12, -1, 2**31, "8"))}
    made = {"type": "record", "name": random.choice(_WORDS), "fields": [{"name": "x", "type": random.choice(_WORDS)}]}
    enum = {"type": "enum", "name": "E", "symbols": random.choice((["A"], ["A", "A"], [], [1], "A")), "default": "A"}
    return random.choice((*simple, amount, fixed, made, enum, ["null", amount], {"type": "array", "items": "Order"}))


def _nasty(text: str, random: Random) -> str:  # noqa: PLR0911 - one return per way
    """What is hard on parsers: depth, size, names twice, types inside themselves."""
    depth = random.choice((50, 150, 5_000, 100_000))
    match random.randrange(8):
        case 0:
            return "[" * depth + "]" * depth
        case 1:
            return '{"type":"array","items":' * depth + '"int"' + "}" * depth
        case 2:
            return '{"type":' * depth + '"int"' + "}" * depth
        case 3:
            return text.replace('"name"', '"name": "twice", "name"', 1)
        case 4:
            return text + " " * random.choice((10, 2_000_000))
        case 5:
            return '{"type":"record","name":"A","fields":[{"name":"a","type":"A","default":{"a":{"a":{}}}}]}'
        case 6:
            return "9" * depth
        case _:
            branches = ",".join(f'{{"type":"record","name":"R{n}","fields":[]}}' for n in range(depth % 3_000))
            return f"[{branches}]"


def damaged_bytes(data: bytes, random: Random) -> bytes:  # noqa: PLR0911 - one return per way
    """A record in the wire format after something happened to it."""
    kind, at = random.randrange(9), random.randrange(len(data) + 1)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + random.randbytes(random.randint(1, 8)) + data[at:]
    if kind == 2:
        return data[:at] + random.choice(_LENGTHS) + data[at + 1 :]
    if kind == 3:
        return data[:1] + random.randbytes(4) + data[5:]
    if kind == 4:
        return data[:5] + random.randbytes(random.randrange(200))
    if kind == 5:
        return data[:5] + bytes([random.randrange(256)]) * random.choice((1, 100, 100_000))
    if kind == 6:
        return random.randbytes(random.randrange(30))
    if kind == 7:
        return data[:at] + data[at + random.randint(1, 8) :]
    flipped = bytearray(data)
    for _ in range(random.randint(1, 4)):
        flipped[random.randrange(len(flipped))] ^= 1 << random.randrange(8)
    return bytes(flipped)
