"""A command that the ERP refused blocks its record: later events of it, and what depends on it, wait behind the letter.

Only the ERP's letters do. What the CRM is told back is the newest state of its fields: the next telling replaces it.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.records import Command
from sinks.effects import STAGE, entity_of
from streams.letters.letter import Letter
from streams.letters.parking.store import Raised, block_of, origin_in, raise_blocks
from streams.runtime.clock import system_clock


async def block_record(database: AsyncEngine, command: Command, letter: Letter) -> None:
    """Block the command's record where the letter's reason does. Raises SQLAlchemyError."""
    record = ("crm", entity_of(command), command.key)
    block = block_of(letter.letter_id, command.event_id, record, origin_in(letter), STAGE, letter.reason)
    if block is not None:
        async with database.begin() as connection:
            await raise_blocks(connection, [Raised(block, command.account_id, STAGE, letter.reason)], system_clock())
