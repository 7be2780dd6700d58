"""Fixtures of every test: `stack` for those that need the real parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from streams.runtime.settings import Settings
from tests.stack import OncePerRun, Running

_PARTS = "meshline-parts"
_ON_PARTS = ("acceptance", "contract", "integration", "stock_faust")

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("meshline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() != "mutants":  # those who look for mutants have chosen theirs
    settings.load_profile("meshline")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(OncePerRun(), _PARTS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.stack)


class OneForTheParts(LoadScopeScheduling):  # type: ignore[misc]
    """Of two processes one goes through the tests of the real parts, in order; the other does what needs none."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", maxsplit=1)[0]
        return "the parts" if file.split("/")[1] in _ON_PARTS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneForTheParts:
    return OneForTheParts(config, log)


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Running:
    """The running parts; started once per run."""
    parts = request.config.pluginmanager.get_plugin(_PARTS).parts
    assert parts is not None
    return parts


@pytest.fixture(scope="session")
def stack_settings(stack: Running) -> Settings:
    """Settings that lead to the running parts."""
    return stack.settings
