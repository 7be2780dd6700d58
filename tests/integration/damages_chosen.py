"""Which kinds of damage a run of the tests tries: a few of each side, all of them with MESHLINE_LONG=1."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tests.integration.damages import Damage


def chosen(table: Mapping[str, Damage]) -> list[str]:
    """Their names."""
    return [name for name, damage in table.items() if damage.suite or os.environ.get("MESHLINE_LONG")]
