"""Bytes and records: Avro in the Confluent wire format (0x00, schema id big-endian, body)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import fastavro
from pydantic import ValidationError

from schemas.compiled import Reader
from schemas.contracts.tell import model_faults, violation_text
from schemas.fallback import reader_for, writer_for
from schemas.records import Travelling
from schemas.registry import Registry, UnknownSchema
from schemas.released import newest_schema
from schemas.topics import Topic

_HEADER = struct.Struct(">bI")
_MOST_REFUSED = 4000  # more than one batch can name
R = TypeVar("R", bound=Travelling)


class Undecodable(Exception):
    """The bytes are not a record that a registered schema reads; the message says at which step."""


class ContractViolation(Exception):
    """The record was read, but a field does not fit its contract; the message names it."""


class Decoded(NamedTuple):
    """A record as its writer meant it, with the id of the schema it was written with."""

    schema_id: int
    record: dict[str, Any]


class Codec:
    """Encodes our records and decodes anybody's. Holds the registry's answers and the compiled schemas."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._writers: dict[str, Callable[[Any], bytes]] = {}
        self._readers: dict[int, Reader] = {}
        self._refused: dict[int, str] = {}  #: what `learn` was told that there is none of, and why

    def encode(self, topic: Topic, value: Travelling) -> bytes:
        """The value in the wire format, under the topic's subject. Raises RegistryUnavailable the first time only."""
        writer = self._writers.get(topic.name) or self._own_writer(topic, type(value))
        return writer(value)

    def prepare(self, topic: Topic) -> None:
        """From now on records of this topic are encoded without asking the registry. Raises RegistryUnavailable."""
        if topic.record is not None and not self.prepared(topic):
            self._own_writer(topic, topic.record)

    def prepared(self, topic: Topic) -> bool:
        """Whether `prepare` would ask the registry for nothing."""
        return topic.record is None or topic.name in self._writers

    def _own_writer(self, topic: Topic, record: type[Travelling]) -> Callable[[Any], bytes]:
        writer = self._writer(topic.subject, newest_schema(record), Travelling.model_dump)
        self._writers[topic.name] = writer
        return writer

    def writer(self, subject: str, schema: dict[str, Any]) -> Callable[[dict[str, Any]], bytes]:
        """What encodes plain records of that schema, registered under the subject. Raises RegistryUnavailable.

        The writer raises what fastavro raises on a record that does not fit.
        """
        return self._writer(subject, schema, None)

    def _writer(
        self, subject: str, schema: dict[str, Any], plain: Callable[[Any], dict[str, Any]] | None
    ) -> Callable[[Any], bytes]:
        header = _HEADER.pack(0, self._registry.register(subject, schema))
        return writer_for(fastavro.parse_schema(schema), header, plain)

    def decode(self, data: bytes | None) -> Decoded:
        """The record in the bytes. Raises Undecodable, RegistryUnavailable."""
        if data is None:
            raise Undecodable("the value is empty")
        if len(data) < _HEADER.size:
            raise Undecodable(f"{len(data)} bytes are too few for a schema id")
        magic, schema_id = _HEADER.unpack_from(data)
        if magic != 0:
            raise Undecodable(f"the first byte is {data[0]:#04x}, not 0x00: not written with a registry's serializer")
        read = self._readers.get(schema_id) or self._reader(schema_id, self._refused.get(schema_id))
        try:
            record, end = read(data, _HEADER.size)
        except Exception as error:
            raise Undecodable(f"schema id {schema_id} does not read these bytes: {error!r}"[:500]) from error
        if end != len(data):
            raise Undecodable(_misfit(schema_id, len(data) - end))
        if not isinstance(record, dict):
            raise Undecodable(f"schema id {schema_id} is not a record's")
        return Decoded(schema_id, record)

    def read(self, data: bytes | None, model: type[R]) -> R:
        """The bytes as one of our records. Raises Undecodable, ContractViolation, RegistryUnavailable."""
        return validate(model, self.decode(data).record)

    def untold(self, values: Iterable[bytes | None]) -> set[int]:
        """The schema ids in the bytes that the registry was not asked for yet, or did not have."""
        headers = [_HEADER.unpack_from(data) for data in values if data is not None and len(data) >= _HEADER.size]
        return {schema_id for magic, schema_id in headers if magic == 0 and schema_id not in self._readers}

    def learn(self, schema_id: int) -> None:
        """Ask the registry for a schema. Raises RegistryUnavailable.

        That it has none is told when bytes are read, without asking again until the next `learn`: an answer must not
        be taken back by a registry that goes away in between.
        """
        self._refused.pop(schema_id, None)
        try:
            self._reader(schema_id)
        except Undecodable as error:
            while len(self._refused) >= _MOST_REFUSED:
                self._refused.pop(next(iter(self._refused)), None)
            self._refused[schema_id] = str(error)

    def _reader(self, schema_id: int, refused: str | None = None) -> Reader:
        if refused is not None:
            raise Undecodable(refused)
        try:
            schema = self._registry.schema(schema_id)
        except UnknownSchema as error:
            raise Undecodable(str(error)) from error
        try:
            self._readers[schema_id] = reader_for(fastavro.parse_schema(schema))
        except Exception as error:
            raise Undecodable(f"the registry's schema id {schema_id} is no Avro schema: {error!r}"[:500]) from error
        return self._readers[schema_id]


def _misfit(schema_id: int, left: int) -> str:
    if left > 0:
        return f"{left} bytes are left over after schema id {schema_id} was read"
    return f"schema id {schema_id} does not read these bytes: they end {-left} bytes before the record does"


def validate(model: type[R], record: dict[str, Any]) -> R:
    """The record as a model. Raises ContractViolation that names field, rule, masked value and owner."""
    try:
        return model.model_validate(record)
    except ValidationError as error:
        faults = model_faults(error.errors(include_url=False, include_context=False))
        raise ContractViolation(violation_text(model.__name__, faults)) from error
