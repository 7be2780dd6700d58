"""Schema ids: the registry behind a small port, with a cache, and its in-memory twin for tests and dry runs."""

from __future__ import annotations

import json
from typing import Any, Protocol

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError


class RegistryUnavailable(Exception):
    """The schema registry does not answer. Nothing is lost: start again when it does."""


class UnknownSchema(Exception):
    """The registry has no schema of this id."""


class Registry(Protocol):
    """What the codec needs of a registry. Answers are cached by the implementation."""

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        """The id of the schema under the subject, registering it where it is new. Raises RegistryUnavailable."""

    def schema(self, schema_id: int) -> dict[str, Any]:
        """The schema of an id. Raises UnknownSchema, RegistryUnavailable."""


class ConfluentRegistry:
    """A Confluent-compatible registry over HTTP."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._client = SchemaRegistryClient({"url": url, "timeout": timeout_s})
        self._schemas: dict[int, dict[str, Any]] = {}
        self._ids: dict[tuple[str, str], int] = {}
        self._unknown: set[int] = set()

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        text = json.dumps(schema)
        if (subject, text) not in self._ids:
            try:
                self._ids[subject, text] = self._client.register_schema(subject, Schema(text, "AVRO"))
            except Exception as error:
                raise RegistryUnavailable(f"registering {subject}: {error}") from error
        return self._ids[subject, text]

    def schema(self, schema_id: int) -> dict[str, Any]:
        if schema_id in self._unknown:
            raise UnknownSchema(f"schema id {schema_id} is not in the registry")
        if schema_id not in self._schemas:
            self._schemas[schema_id] = self._fetch(schema_id)
        return self._schemas[schema_id]

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _fetch(self, schema_id: int) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(str(self._client.get_schema(schema_id).schema_str))
            return found
        except SchemaRegistryError as error:
            if error.http_status_code != 404:
                raise RegistryUnavailable(f"looking up schema id {schema_id}: {error}") from error
            if len(self._unknown) < 1000:
                self._unknown.add(schema_id)
            raise UnknownSchema(f"schema id {schema_id} is not in the registry") from error
        except Exception as error:
            raise RegistryUnavailable(f"looking up schema id {schema_id}: {error}") from error


class MemoryRegistry:
    """A registry in memory: ids count up from 1, the same schema has one id."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        text = json.dumps(schema)
        if text not in self._texts:
            self._texts.append(text)
        return self._texts.index(text) + 1

    def schema(self, schema_id: int) -> dict[str, Any]:
        if not 1 <= schema_id <= len(self._texts):
            raise UnknownSchema(f"schema id {schema_id} is not in the registry")
        found: dict[str, Any] = json.loads(self._texts[schema_id - 1])
        return found
