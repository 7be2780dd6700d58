"""The thresholds that the settings name."""

from __future__ import annotations

from streams.overload.state import Thresholds
from streams.runtime.settings import OverloadSettings


def thresholds_of(settings: OverloadSettings) -> Thresholds:
    """`blind_after`: several looks that failed in a row."""
    return Thresholds(
        on_above=settings.on_above,
        off_below=min(settings.off_below, settings.on_above),
        on_for=settings.on_for,
        off_for=settings.off_for,
        blind_after=6 * settings.poll,
    )
