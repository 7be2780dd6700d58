"""A short trial of previews on real tables: what is said is what then comes."""

from __future__ import annotations

import asyncio

from ops.chaos.preview.campaign import try_previews
from streams.runtime.settings import Settings


def test_mixed_letters_come_to_what_their_preview_says(stack_settings: Settings, operations_url: str) -> None:
    result = asyncio.run(try_previews(stack_settings, operations_url, 120, 3, lambda _: None))
    assert result.good, result.wrong
    assert len(result.verdicts) >= 8, "every kind of verdict is tried"
