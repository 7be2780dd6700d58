"""The audit's second copy: entries on their topic, and reading them back."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy.ext.asyncio import AsyncEngine

from ops.audit.store import mark_told, read_all, read_head
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.records import AuditEntry
from schemas.topics import AUDIT
from streams.letters.outbox import Outbox, Outgoing
from streams.runtime.reading import read_to_the_end

_BATCH = 500


async def tell(database: AsyncEngine, outbox: Outbox, codec: Codec, topic: str = AUDIT.name) -> int:
    """Send what the topic has not yet; how many. A crash in between sends them again, which changes nothing.

    Raises NotDelivered, RegistryUnavailable.
    """
    async with database.begin() as connection:
        _, told = await read_head(connection)
        fresh = await read_all(connection, told, _BATCH)
    await outbox.send_all([_outgoing(entry, codec, topic) for entry in fresh])
    if fresh:
        async with database.begin() as connection:
            await mark_told(connection, fresh[-1].seq)
    return len(fresh)


def read_copies(bootstrap: str, codec: Codec, topic: str = AUDIT.name, timeout_s: float = 15.0) -> dict[int, set[str]]:
    """Number -> hashes of every entry on the topic. Raises KafkaException. What is no entry counts as number 0."""
    copies: dict[int, set[str]] = defaultdict(set)
    for message in read_to_the_end(bootstrap, "meshline.audit", [topic], timeout_s):
        try:
            entry = codec.read(message.value(), AuditEntry)
            copies[entry.seq].add(entry.hash)
        except (Undecodable, ContractViolation):
            copies[0].add(f"offset {message.offset()}")
    return dict(copies)


def _outgoing(entry: AuditEntry, codec: Codec, topic: str) -> Outgoing:
    return Outgoing(topic, str(entry.seq).encode(), codec.encode(AUDIT, entry), (), 0)
