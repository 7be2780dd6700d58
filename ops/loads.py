"""What waits for each target, and whether flows may gather because of it: in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from streams.overload import Load
from streams.overload.store import loads_now
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings


async def told_loads(settings: Settings) -> str:
    """As the workers keep it in the operations database."""
    database = operations_engine(settings.operations_url, pool_size=1)
    try:
        async with database.connect() as connection:
            return sentence_of(await loads_now(connection))
    finally:
        await database.dispose()


def sentence_of(loads: Mapping[str, Load]) -> str:
    """Target by target. Pure."""
    return "; ".join(f"{target.upper()}: {_told(load)}" for target, load in loads.items()) or "nobody has looked yet"


def _told(load: Load) -> str:
    if load.looked_at is None:
        return "nobody has looked yet"
    since = f" since {load.since:%Y-%m-%d %H:%M} UTC" if load.since is not None else ""
    mode = f"overloaded{since}, flows gather by rule" if load.overloaded else f"keeps up{since}"
    return f"{mode}; {load.waiting} commands waited at {load.looked_at:%H:%M:%S} UTC"
