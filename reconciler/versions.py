"""The versions of a record as bytes: what is kept of each partition's last row.

`[[partition, recorded at in microseconds, record], ...]` as JSON, by partition. The same versions are the same bytes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from reconciler.rows import MODELS, EntityName, Version
from streams.runtime.clock import micros

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: One pass from bytes to records, which is what most of a restart and of a cold record's comparison is.
_READERS: dict[EntityName, TypeAdapter[Any]] = {
    entity: TypeAdapter(tuple[tuple[int, int, model], ...])  # type: ignore[valid-type]
    for entity, model in MODELS.items()
}


def packed(versions: tuple[Version, ...]) -> bytes | None:
    """None where there is no version."""
    if not versions:
        return None
    every = versions if len(versions) == 1 else sorted(versions, key=lambda one: one.partition)
    rows = (
        b"[%d,%d,%b]" % (one.partition, micros(one.recorded_at), one.record.__pydantic_serializer__.to_json(one.record))
        for one in every
    )
    return b"[" + b",".join(rows) + b"]"


def unpacked(entity: EntityName, value: bytes | None) -> tuple[Version, ...]:
    """Empty where nothing is kept. Raises ValidationError: these are not our bytes."""
    if value is None:
        return ()
    return tuple(
        Version(partition, _EPOCH + timedelta(microseconds=at), record)
        for partition, at, record in _READERS[entity].validate_json(value)
    )
