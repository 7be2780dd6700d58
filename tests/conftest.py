"""Fixtures of every test: `stack` for those that need the real parts."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from streams.runtime.settings import Settings
from tests.stack import OncePerRun, Running

_PARTS = "meshline-parts"

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("meshline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if settings.get_current_profile_name() != "mutants":  # those who look for mutants have chosen theirs
    settings.load_profile("meshline")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(OncePerRun(), _PARTS)


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.stack)
            # of two processes one waits for the parts; the other does all that needs none of them
            item.add_marker(pytest.mark.xdist_group("stack"))


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
