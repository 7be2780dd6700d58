"""What is asked about a patch."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ops.cases.asks import Ask
from ops.replay.patches.model import Patch


class LookAtPatch(Ask):
    patch: Patch


class UsePatch(LookAtPatch):
    """`rate` and `detach` as in `NewJob`; the reason is the patch's own."""

    rate: Annotated[float, Field(gt=0, le=10_000)] = 50.0
    detach: bool = True
