"""Bytes and records: Avro in the Confluent wire format (0x00, schema id big-endian, body)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any, TypeVar

import fastavro
from pydantic import ValidationError

from schemas.contracts.tell import model_faults, violation_text
from schemas.records import Travelling
from schemas.registry import Registry, UnknownSchema
from schemas.released import newest_schema
from schemas.topics import Topic

_HEADER = struct.Struct(">bI")
R = TypeVar("R", bound=Travelling)


class Undecodable(Exception):
    """The bytes are not a record that a registered schema reads; the message says at which step."""


class ContractViolation(Exception):
    """The record was read, but a field does not fit its contract; the message names it."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A record as its writer meant it, with the id of the schema it was written with."""

    schema_id: int
    record: dict[str, Any]


class Codec:
    """Encodes our records and decodes anybody's. Holds the registry's answers and the compiled schemas."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._writers: dict[str, tuple[bytes, Any]] = {}
        self._readers: dict[int, Any] = {}

    def encode(self, topic: Topic, value: Travelling) -> bytes:
        """The value in the wire format, under the topic's subject. Raises RegistryUnavailable the first time only."""
        if topic.name not in self._writers:
            schema = newest_schema(type(value))
            header = _HEADER.pack(0, self._registry.register(topic.subject, schema))
            self._writers[topic.name] = (header, fastavro.parse_schema(schema))
        header, parsed = self._writers[topic.name]
        buffer = BytesIO()
        buffer.write(header)
        fastavro.schemaless_writer(buffer, parsed, value.model_dump())
        return buffer.getvalue()

    def decode(self, data: bytes | None) -> Decoded:
        """The record in the bytes. Raises Undecodable, RegistryUnavailable."""
        if data is None:
            raise Undecodable("the value is empty")
        if len(data) < _HEADER.size:
            raise Undecodable(f"{len(data)} bytes are too few for a schema id")
        magic, schema_id = _HEADER.unpack_from(data)
        if magic != 0:
            raise Undecodable(f"the first byte is {data[0]:#04x}, not 0x00: not written with a registry's serializer")
        parsed = self._parsed(schema_id)
        buffer = BytesIO(data)
        buffer.seek(_HEADER.size)
        try:
            record = fastavro.schemaless_reader(buffer, parsed, None)
        except Exception as error:
            raise Undecodable(f"schema id {schema_id} does not read these bytes: {error!r}"[:500]) from error
        if buffer.tell() != len(data):
            raise Undecodable(f"{len(data) - buffer.tell()} bytes are left over after schema id {schema_id} was read")
        if not isinstance(record, dict):
            raise Undecodable(f"schema id {schema_id} is not a record's")
        return Decoded(schema_id, record)

    def read(self, data: bytes | None, model: type[R]) -> R:
        """The bytes as one of our records. Raises Undecodable, ContractViolation, RegistryUnavailable."""
        return validate(model, self.decode(data).record)

    def _parsed(self, schema_id: int) -> Any:
        if schema_id not in self._readers:
            try:
                self._readers[schema_id] = fastavro.parse_schema(self._registry.schema(schema_id))
            except UnknownSchema as error:
                raise Undecodable(str(error)) from error
        return self._readers[schema_id]


def validate(model: type[R], record: dict[str, Any]) -> R:
    """The record as a model. Raises ContractViolation that names field, rule, masked value and owner."""
    try:
        return model.model_validate(record)
    except ValidationError as error:
        faults = model_faults(error.errors(include_url=False, include_context=False))
        raise ContractViolation(violation_text(model.__name__, faults)) from error
