"""kill -9 of a reconciler that works: no alert lost or doubled, and the state is what a rebuild makes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.bench.reconcile.kills import Campaign
from streams.runtime.settings import Settings

pytestmark = [pytest.mark.stack, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]


def test_five_kills(stack_settings: Settings, tmp_path: Path) -> None:
    outcome = Campaign(stack_settings, tmp_path, seed=5).run(kills=5)
    assert outcome.right, outcome
    assert outcome.kills == 5
    assert outcome.writes > 50
