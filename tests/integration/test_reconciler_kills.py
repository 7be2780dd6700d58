"""kill -9 of a reconciler that works: no alert lost or doubled, and the state is what a rebuild makes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops.bench.reconcile.kills import Campaign
from streams.runtime.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


#: `meshline bench reconcile --kills 100` is the long form.
KILLS = 20 if os.environ.get("MESHLINE_LONG") else 3


def test_kills(stack_settings: Settings, tmp_path: Path) -> None:
    outcome = Campaign(stack_settings, tmp_path, seed=5).run(KILLS)
    assert outcome.right, outcome
    assert outcome.kills == KILLS
    assert outcome.writes > 10 * KILLS
