"""The registry of the settings, as workers use it: what it told is known after a restart, too."""

from __future__ import annotations

from schemas.registry import ConfluentRegistry
from schemas.remembered import RememberingRegistry
from streams.runtime.settings import Settings, home_folder


def worker_registry(settings: Settings) -> RememberingRegistry:
    """The registry at `registry_url`, with what it told before in `schemas` of the data folder."""
    return RememberingRegistry(
        ConfluentRegistry(settings.registry_url), settings.registry_url, home_folder() / "schemas"
    )
