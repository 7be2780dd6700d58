"""A replay on the real parts: tried out, and run by this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.cases.reading import view_from_row
from ops.replay.asks import Selection
from ops.replay.choosing import choose, claimed, letters_of
from ops.replay.course import Counts, Limits
from ops.replay.errors import NothingChosen
from ops.replay.order import Item, frozen
from ops.replay.preview.agents import Agents
from ops.replay.preview.ledger import ReadOnlyLedger
from ops.replay.preview.verdict import Verdict
from ops.replay.preview.walk import Shadow, Walk
from ops.replay.run import Patience, Progress, Turn, nobody
from ops.replay.states import ItemState, JobState
from ops.replay.watch import Lag, Watch
from streams.letters.replay import replayed
from streams.runtime.settings import Settings


async def try_out(desk: Desk, settings: Settings, items: Sequence[Item], shadow: Shadow) -> list[tuple[str, Verdict]]:
    """What sending the letters would come to now. Nothing is sent or written. Raises RegistryUnavailable."""
    agents = Agents(settings, desk.database, desk.codec, desk.clock)
    walk = Walk(agents, ReadOnlyLedger(desk.database), shadow, desk.codec, desk.clock)
    async with desk.database.connect() as connection:
        rows = await letters_of(connection, [item.letter_id for item in items if item.state is not ItemState.LEFT])
    return await walk.preview(items, {row.letter_id: replayed(view_from_row(row)) for row in rows})


async def choose_only(desk: Desk, settings: Settings, asked: Selection) -> list[Item]:
    """The items that a job would have now, without a job. Raises NothingChosen, NotFound, BadAsk."""
    async with desk.database.connect() as connection:
        chosen = await choose(connection, asked, desk.codec)
        if not chosen:
            raise NothingChosen("no letter with an open case matches: meshline dlq list")
        return frozen(chosen, settings.replay.cap, await claimed(connection, [one.letter_id for one in chosen]))


async def carry_out(
    desk: Desk,
    actor: Actor,
    settings: Settings,
    job_id: str,
    tell: Callable[[Progress], None] = nobody,
    step: Callable[[str], None] = nobody,
) -> tuple[JobState, str, Counts]:
    """Run a job from wherever it stands. See `Turn.run` for what it raises."""
    own = settings.replay
    limits = Limits(ratio=own.failures, least=own.least, window=own.window)
    patience = Patience(limits, own.lag_limit, own.silence.total_seconds())
    watch = Watch(settings.bootstrap, f"{settings.worker.group}.replay", desk.codec)
    lag = Lag(settings.bootstrap, settings.worker.group)
    try:
        return await Turn(desk, actor, watch, lag.count, patience, tell, step).run(job_id)
    finally:
        watch.close()
        lag.close()
