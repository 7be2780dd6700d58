"""Writes the golden bytes of newly released versions: `python -m tests.golden.write_golden`. Files that exist stay.

Per record and newest version: `<Record>.v<N>.bin` as it is on the wire, of the tests' own example, and
`examples/<Record>.v<N>.avro`, plain Avro, of the example that the contract and the topic's page show.
"""

from __future__ import annotations

from pathlib import Path

import fastavro

from schemas.codec import Codec
from schemas.contracts import contracts
from schemas.contracts.example import example_of
from schemas.registry import MemoryRegistry
from schemas.released import newest_schema, released_versions
from schemas.topics import TOPICS
from tests.unit.schemas.examples import example

HERE = Path(__file__).parent


def main() -> None:
    """Write the files that are not there yet."""
    for topic in TOPICS:
        if topic.record is None:
            continue
        name = f"{topic.record.__name__}.v{released_versions(topic.record)[-1][0]}"
        wire = HERE / f"{name}.bin"
        if not wire.exists():
            wire.write_bytes(Codec(MemoryRegistry()).encode(topic, example(topic.record)))
        plain = HERE / "examples" / f"{name}.avro"
        if not plain.exists():
            parsed = fastavro.parse_schema(newest_schema(topic.record))
            with plain.open("wb") as file:
                fastavro.schemaless_writer(file, parsed, example_of(topic.record.__name__, contracts()))


if __name__ == "__main__":
    main()
