"""The registry as a source of released versions, through confluent-kafka's client, and as the place they go to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from confluent_kafka.schema_registry import ConfigCompatibilityLevel, Schema, SchemaRegistryClient, ServerConfig
from confluent_kafka.schema_registry.error import SchemaRegistryError

from schemas.gate.errors import SourceUnreadable
from schemas.gate.findings import Subject, Version
from schemas.gate.modes import Mode

_NOT_FOUND = 404


class OnlineRegistry:
    """A Confluent-compatible registry. Every method raises SourceUnreadable when it does not answer."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        try:
            self._client = SchemaRegistryClient({"url": url, "timeout": timeout_s, "max.retries": 1})
        except ValueError as error:
            raise SourceUnreadable(f"the registry's address cannot be used: {error}") from error

    def versions(self, subject: str) -> list[Version]:
        """The subject's versions, oldest first; empty where there is no such subject."""
        with _told(f"reading {subject}"):
            try:
                numbers = sorted(self._client.get_versions(subject))
            except SchemaRegistryError as error:
                if error.http_status_code == _NOT_FOUND:
                    return []
                raise
            texts = [str(self._client.get_version(subject, number).schema.schema_str) for number in numbers]
        return [
            Version(number, f"{subject}/{number}", text, f"registered version {number}")
            for number, text in zip(numbers, texts, strict=True)
        ]

    def schema(self, schema_id: int) -> str:
        """The text of a schema id."""
        with _told(f"looking up schema id {schema_id}"):
            return str(self._client.get_schema(schema_id).schema_str)

    def set_mode(self, subject: str, mode: Mode) -> None:
        """Have the registry itself hold the subject to the mode."""
        with _told(f"setting the mode of {subject}"):
            self._client.set_config(subject, ServerConfig(compatibility=ConfigCompatibilityLevel(mode.value)))

    def register(self, subject: str, text: str) -> int:
        """The id of the schema under the subject; what is registered already keeps its id."""
        with _told(f"registering {subject}"):
            return int(self._client.register_schema(subject, Schema(text, "AVRO")))

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()


def registered_subjects(
    subjects: Sequence[Subject], registry: OnlineRegistry, names: Mapping[str, Sequence[str]]
) -> list[Subject]:
    """The subjects with what the registry has as their released versions.

    `names` are the registry's subjects of a record. A schema without an entry is looked for under its own name, alone
    and with `-value`. What the registry does not have is compared with the versions in the folder.
    """
    found = []
    for subject in subjects:
        wanted = names.get(subject.name) or (subject.name, f"{subject.name}-value", _last(subject.name))
        online = [(name, versions) for name in dict.fromkeys(wanted) if (versions := registry.versions(name))]
        found += [
            replace(subject, name=name, released=tuple(versions), edited=(), gone=(), before=None, latest=None)
            for name, versions in online
        ]
        if not online:
            found.append(subject)
    return found


def _last(name: str) -> str:
    return name.rpartition("/")[2]


@contextmanager
def _told(doing: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the client lets its HTTP library's errors through
        raise SourceUnreadable(f"the schema registry: {doing}: {str(error)[:200] or type(error).__name__}") from error
