"""Letters through today's real code, without sending or writing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ops.cases.desk import Desk
from ops.replay.asks import Selection
from ops.replay.choosing import choose, claimed
from ops.replay.edits.store import newest_edits
from ops.replay.errors import NothingChosen
from ops.replay.order import Item, frozen, with_edits
from ops.replay.preview.agents import Agents
from ops.replay.preview.ledger import ReadOnlyLedger
from ops.replay.preview.parking import ReadOnlyParking
from ops.replay.preview.verdict import Verdict
from ops.replay.preview.walk import Shadow, Walk
from ops.replay.sending import outgoing_of
from ops.replay.states import ItemState
from streams.letters.outbox import Outgoing
from streams.runtime.settings import Settings


async def try_out(
    desk: Desk,
    settings: Settings,
    items: Sequence[Item],
    shadow: Shadow,
    outgoing: Mapping[str, Outgoing] | None = None,
) -> list[tuple[str, Verdict]]:
    """What sending the letters would come to now. Nothing is sent or written. Raises RegistryUnavailable.

    `outgoing`: what would be sent, where it is not what is stored.
    """
    agents = Agents(settings, desk.database, desk.codec, desk.clock)
    walk = Walk(agents, ReadOnlyLedger(desk.database), ReadOnlyParking(desk.database), shadow, desk.codec, desk.clock)
    if outgoing is None:
        async with desk.database.connect() as connection:
            outgoing = await outgoing_of(connection, [item for item in items if item.state is not ItemState.LEFT])
    return await walk.preview(items, dict(outgoing))


async def choose_only(desk: Desk, settings: Settings, asked: Selection) -> list[Item]:
    """The items that a job would have now, without a job. Raises NothingChosen, NotFound, BadAsk."""
    async with desk.database.connect() as connection:
        chosen = await choose(connection, asked, desk.codec)
        if not chosen:
            raise NothingChosen("no letter with an open case matches: meshline dlq list")
        items = frozen(chosen, settings.replay.cap, await claimed(connection, [one.letter_id for one in chosen]))
        return with_edits(items, await newest_edits(connection, [one.letter_id for one in chosen]))
