"""Before a batch is read, the registry has told every schema in it. Where it does not answer, the batch ends before.

A record whose schema is not known is postponed, and with it what is behind it in its partition. Nothing else waits:
records before it are finished and committed, and other partitions go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from schemas.codec import Codec
from schemas.registry import RegistryUnavailable
from schemas.topics import TOPICS, Topic
from streams.transport import Batch

#: How long a batch is kept back for an answer, and how often a postponed record is tried again, in seconds.
PROMPT_S, AGAIN_S = 1.0, 2.0


def written_by(stage: str) -> list[Topic]:
    """The topics whose records this stage encodes."""
    return [topic for topic in TOPICS if topic.record and topic.writer in (stage, "streams")]


@dataclass(slots=True)
class SchemasTold:
    """One agent's questions to the registry: one at a time, beside the event loop.

    While the registry is away nobody is kept back: the question is put, and its answer is there at the next try.
    """

    writes: list[Topic]  #: whose own schemas must be known, too, before anything is decided; emptied as they are
    prompt_s: float = PROMPT_S
    again_s: float = AGAIN_S
    _asking: tuple[str, asyncio.Task[bool]] | None = field(default=None, init=False)
    _away: str = field(default="", init=False)  #: why there was no answer to the last question

    async def before(self, codec: Codec, batch: Batch) -> None:
        """Cut the batch at the first record that cannot be worked on yet; the transport brings it again."""
        while self.writes:
            topic = self.writes[-1]
            if not await self._answered(f"our own schema of {topic.name}", partial(codec.prepare, topic)):
                return self._postpone(batch, batch.first_offset, f"the id of our own schema of {topic.name}")
            self.writes.pop()
        untold = codec.untold(message.value() for message in batch)
        for message in batch if untold else ():
            for schema_id in codec.untold((message.value(),)) & untold:
                if not await self._answered(f"schema id {schema_id}", partial(codec.learn, schema_id)):
                    return self._postpone(batch, message.offset() or 0, f"schema id {schema_id}")
                untold.discard(schema_id)
            if not untold:
                return None
        return None

    def _postpone(self, batch: Batch, offset: int, what: str) -> None:
        why = (
            f"{what} is not known here and the registry does not answer ({self._away}). Bring the registry back, or "
            f"mend MESHLINE_REGISTRY_URL. Nothing is lost: the record is tried again every {self.again_s:g} s"
        )
        batch.postpone(offset, why, self.again_s)

    async def _answered(self, what: str, ask: Callable[[], None]) -> bool:
        """True: the registry has answered. False: it is away, or takes its time."""
        if self._asking is not None and self._asking[0] != what:
            if not await self._ended(self._asking[1]):
                return False
            self._asking = None
        if self._asking is None:
            self._asking = what, asyncio.create_task(self._ask(ask))
        task = self._asking[1]
        if not await self._ended(task):
            return False
        self._asking = None
        return task.result()

    async def _ended(self, task: asyncio.Task[bool]) -> bool:
        await asyncio.wait({task}, timeout=0 if self._away else self.prompt_s)
        if not task.done():
            self._away = self._away or f"no answer within {self.prompt_s:g} s"
        return task.done()

    async def _ask(self, ask: Callable[[], None]) -> bool:
        try:
            await asyncio.to_thread(ask)
        except RegistryUnavailable as error:
            self._away = str(error)
            return False
        self._away = ""
        return True
