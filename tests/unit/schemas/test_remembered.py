"""The registry is asked first; memory answers only while it is away, and over a restart."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from schemas.registry import MemoryRegistry, RegistryUnavailable, UnknownSchema
from schemas.remembered import RememberingRegistry

URL = "http://registry:8081/apis/ccompat/v7"
THING: dict[str, Any] = {"type": "record", "name": "Thing", "fields": [{"name": "id", "type": "long"}]}
OTHER: dict[str, Any] = {**THING, "name": "Other"}


class Away:
    def register(self, subject: str, schema: dict[str, Any]) -> int:
        raise RegistryUnavailable("registering")

    def schema(self, schema_id: int) -> dict[str, Any]:
        raise RegistryUnavailable("looking up")


def test_a_restarted_worker_knows_what_it_was_told(tmp_path: Path) -> None:
    told = RememberingRegistry(MemoryRegistry(), URL, tmp_path)
    schema_id = told.register("thing-value", THING)
    restarted = RememberingRegistry(Away(), URL, tmp_path)
    assert restarted.register("thing-value", THING) == schema_id
    assert restarted.schema(schema_id) == THING


def test_what_was_only_read_is_known_too(tmp_path: Path) -> None:
    registry = MemoryRegistry()
    schema_id = registry.register("thing-value", THING)
    RememberingRegistry(registry, URL, tmp_path).schema(schema_id)
    assert RememberingRegistry(Away(), URL, tmp_path).schema(schema_id) == THING


def test_what_nobody_told_waits(tmp_path: Path) -> None:
    RememberingRegistry(MemoryRegistry(), URL, tmp_path).register("thing-value", THING)
    restarted = RememberingRegistry(Away(), URL, tmp_path)
    for ask in (
        lambda: restarted.register("thing-value", OTHER),
        lambda: restarted.register("other-value", THING),
        lambda: restarted.schema(2),
    ):
        with pytest.raises(RegistryUnavailable):
            ask()


def test_a_registry_that_answers_is_believed_though_it_was_wiped(tmp_path: Path) -> None:
    RememberingRegistry(MemoryRegistry(), URL, tmp_path).register("thing-value", THING)
    wiped = MemoryRegistry()
    told = RememberingRegistry(wiped, URL, tmp_path)
    with pytest.raises(UnknownSchema):
        told.schema(1)
    wiped.register("other-value", OTHER)
    assert told.schema(1) == OTHER
    assert RememberingRegistry(Away(), URL, tmp_path).schema(1) == OTHER


def test_another_registry_has_other_ids_and_a_password_names_none(tmp_path: Path) -> None:
    RememberingRegistry(MemoryRegistry(), URL, tmp_path).register("thing-value", THING)
    with pytest.raises(RegistryUnavailable):
        RememberingRegistry(Away(), "http://other:8081", tmp_path).schema(1)
    secret = URL.replace("//", "//user:secret@")
    assert RememberingRegistry(Away(), secret, tmp_path).schema(1) == THING
    assert not any("secret" in path.name for path in tmp_path.rglob("*"))


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"subject": "x"}', "\x00", "[" * 100_000])
def test_a_damaged_file_is_no_answer_and_is_written_anew(tmp_path: Path, damage: str) -> None:
    registry = MemoryRegistry()
    RememberingRegistry(registry, URL, tmp_path).register("thing-value", THING)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in files) == [".avsc", ".id"]
    for path in files:
        path.write_text(damage, "utf-8")
    with pytest.raises(RegistryUnavailable):
        RememberingRegistry(Away(), URL, tmp_path).register("thing-value", THING)
    RememberingRegistry(registry, URL, tmp_path).register("thing-value", THING)
    assert RememberingRegistry(Away(), URL, tmp_path).register("thing-value", THING) == 1
    assert json.loads(next(tmp_path.rglob("1.avsc")).read_text("utf-8")) == THING


def test_a_folder_that_cannot_be_written_is_said_once_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    told = RememberingRegistry(MemoryRegistry(), URL, tmp_path / "file")
    with caplog.at_level(logging.WARNING, "mesh.schemas"):
        assert told.register("thing-value", THING) == 1
        assert told.register("other-value", OTHER) == 2
    assert len(caplog.records) == 1
