"""What a registry told is kept in small files, for the day it is away when a worker starts."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from schemas.registry import Registry, RegistryUnavailable

log = logging.getLogger("mesh.schemas")


class RememberingRegistry:
    """A registry, and what it told before, by the ids of that registry.

    The registry is asked first, always: memory answers only while it is away. So a registry that was wiped, and gives
    its ids to other schemas, is believed at once; one that is away cannot have changed anything that a worker must
    know, because an id never changes its schema.

    Files and not the operations database: workers that have no database remember too, the answer is needed in code
    that does not wait for one, and a file for each answer, put in place by renaming, needs no lock between workers. A
    folder that is lost, or that cannot be written, costs nothing but this: its worker waits where it would have known.
    """

    def __init__(self, registry: Registry, url: str, folder: Path) -> None:
        """`url` names the registry whose ids these are; `folder` is made when the first answer is kept."""
        self._registry = registry
        self._folder = folder / _named(url)
        self._mute = False

    def register(self, subject: str, schema: dict[str, Any]) -> int:
        named = json.dumps([subject, schema]).encode()
        path = self._folder / f"{hashlib.sha256(named).hexdigest()[:32]}.id"
        try:
            schema_id = self._registry.register(subject, schema)
        except RegistryUnavailable:
            found = _read(path)
            if not isinstance(found, dict) or not isinstance(found.get("id"), int):
                raise
            return int(found["id"])
        self._keep(path, {"id": schema_id, "subject": subject})
        self._keep(self._folder / f"{schema_id}.avsc", schema)
        return schema_id

    def schema(self, schema_id: int) -> dict[str, Any]:
        path = self._folder / f"{schema_id}.avsc"
        try:
            schema = self._registry.schema(schema_id)
        except RegistryUnavailable:
            found = _read(path)
            if not isinstance(found, dict):
                raise
            return found
        self._keep(path, schema)
        return schema

    def close(self) -> None:
        """Let the connection go."""
        close = getattr(self._registry, "close", None)
        if close is not None:
            close()

    def _keep(self, path: Path, answer: dict[str, Any]) -> None:
        if _read(path) == answer:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            try:
                with os.fdopen(number, "w", encoding="utf-8") as file:
                    json.dump(answer, file)
                Path(name).replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            if not self._mute:
                self._mute = True
                log.warning("the registry's answers are not remembered over a restart: %s", error)


def _named(url: str) -> str:
    """A folder's name for a registry: its address without user and password."""
    parts = urlsplit(url)
    address = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}{parts.path.rstrip('/')}"
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def _read(path: Path) -> Any:
    """What is kept there; None where there is nothing, or nothing that can be read."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
