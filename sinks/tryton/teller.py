"""Writes changes to their topics, and knows when the broker has them."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.codec import Codec
from schemas.records import ErpChange
from schemas.topics import ERP_CHANGES
from streams.letters.outbox import Outbox, Outgoing


class Teller:
    """Keys are the ERP's ids: what is told of one record stays in order."""

    def __init__(self, bootstrap: str, codec: Codec) -> None:
        self._outbox = Outbox(bootstrap)
        self._codec = codec

    async def tell(self, changes: Sequence[ErpChange]) -> None:
        """Returns when all are in the broker's log. Raises NotDelivered, RegistryUnavailable."""
        await self._outbox.send_all([self._outgoing(change) for change in changes])

    def _outgoing(self, change: ErpChange) -> Outgoing:
        topic = ERP_CHANGES[change.model]
        return Outgoing(topic.name, change.erp_id.encode(), self._codec.encode(topic, change))
