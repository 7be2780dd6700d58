"""Schema ids: the registry behind a small port, with a cache, and its in-memory twin for tests and dry runs."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

_MOST = 1000  # schemas, ids and unknown ids that are remembered, each
_UNKNOWN_S = 30.0  # how long an id that the registry did not have is not asked for again
_RETRIES = {"max.retries": 1, "retries.wait.ms": 200, "retries.max.wait.ms": 400}
_AWAY_S = 1.0  # how long a registry that did not answer is not asked again


class RegistryUnavailable(Exception):
    """The schema registry does not answer. Nothing is lost: start again when it does."""


class UnknownSchema(Exception):
    """The registry has no Avro schema of this id."""


class Registry(Protocol):
    """What the codec needs of a registry. Answers are cached by the implementation."""

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        """The id of the schema under the subject, registering it where it is new. Raises RegistryUnavailable."""

    def schema(self, schema_id: int) -> dict[str, Any]:
        """The schema of an id. Raises UnknownSchema, RegistryUnavailable."""


class ConfluentRegistry:
    """A Confluent-compatible registry over HTTP.

    What it told once is not asked for again: with the registry away, what is known goes on. A question is put twice
    at most, for `timeout_s` each, and after a look-up that failed the registry is left alone for a second. An id that
    it does not have is asked for again after half a minute: it may be on its way there.
    """

    def __init__(self, url: str, timeout_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = SchemaRegistryClient({"url": url, "timeout": timeout_s, **_RETRIES})
        self._clock = clock
        self._schemas: OrderedDict[int, dict[str, Any]] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._unknown: OrderedDict[int, tuple[float, str]] = OrderedDict()  # id -> until when, why
        self._away: tuple[float, str] = (float("-inf"), "")  # until when, why

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        text = json.dumps(schema)
        found: int | None = _recall(self._ids, (subject, text))
        if found is not None:
            return found
        try:
            schema_id = int(self._client.register_schema(subject, Schema(text, "AVRO")))
        except Exception as error:
            raise RegistryUnavailable(f"registering {subject}: {error}") from error
        _keep(self._ids, (subject, text), schema_id)
        return schema_id

    def schema(self, schema_id: int) -> dict[str, Any]:
        found: dict[str, Any] | None = _recall(self._schemas, schema_id)
        if found is not None:
            return found
        now = self._clock()
        until, why = self._unknown.get(schema_id, (now, ""))
        if now < until:
            raise UnknownSchema(why)
        if now < self._away[0]:
            raise RegistryUnavailable(f"looking up schema id {schema_id}: {self._away[1]}")
        try:
            fetched = self._fetch(schema_id)
        except UnknownSchema as error:
            _keep(self._unknown, schema_id, (now + _UNKNOWN_S, str(error)))
            raise
        self._client.clear_caches()  # type: ignore[no-untyped-call]  # they have no bound; ours have
        _keep(self._schemas, schema_id, fetched)
        self._unknown.pop(schema_id, None)
        return fetched

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def _fetch(self, schema_id: int) -> dict[str, Any]:
        try:
            answer = self._client.get_schema(schema_id)
        except SchemaRegistryError as error:
            if error.http_status_code == 404:
                raise UnknownSchema(f"schema id {schema_id} is not in the registry") from error
            raise self._unavailable(schema_id, error) from error
        except Exception as error:
            raise self._unavailable(schema_id, error) from error
        if answer.schema_type not in (None, "AVRO"):
            raise UnknownSchema(f"schema id {schema_id} is not Avro but {answer.schema_type}")
        try:
            found = json.loads(str(answer.schema_str))
        except (ValueError, RecursionError) as error:
            raise UnknownSchema(f"what the registry has for schema id {schema_id} is not a schema") from error
        return found if isinstance(found, dict) else {"type": found}

    def _unavailable(self, schema_id: int, error: Exception) -> RegistryUnavailable:
        why = str(error) or type(error).__name__
        self._away = (self._clock() + _AWAY_S, why)
        return RegistryUnavailable(f"looking up schema id {schema_id}: {why}")


def _recall(known: OrderedDict[Any, Any], key: Any) -> Any:
    """The value, None where there is none. It is the newest from now on."""
    try:
        known.move_to_end(key)
        return known[key]
    except KeyError:
        return None


def _keep(known: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    """Remember a value; the one that was not asked for the longest goes when there are too many."""
    known[key] = value
    known.move_to_end(key)
    while len(known) > _MOST:
        try:
            known.popitem(last=False)
        except KeyError:  # another thread was faster
            return


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
