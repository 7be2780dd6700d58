"""The trial: a world, its letters, what the preview says of each, and what then happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ops.chaos.preview.line import End, Line
from ops.chaos.preview.mix import Made, account, as_letter, letters, partition_of
from ops.chaos.preview.target import Erp, Shadow
from ops.replay.order import Item
from ops.replay.preview.agents import Agents
from ops.replay.preview.ledger import ReadOnlyLedger
from ops.replay.preview.parking import ReadOnlyParking
from ops.replay.preview.verdict import Says, Verdict, worst
from ops.replay.preview.walk import Walk
from schemas.codec import Codec
from schemas.headers import EVENT_ID, REPLAYS, set_headers
from schemas.registry import MemoryRegistry
from sinks.memory.sink import MemoryTarget
from streams.letters.letter import Original
from streams.letters.outbox import Outgoing
from streams.runtime.clock import system_clock
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings

LEAST = 0.99


@dataclass
class Result:
    """`verdicts`: what was said, and how often; `wrong`: letters of which something else came."""

    letters: int = 0
    agreed: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    wrong: list[dict[str, Any]] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.agreed / self.letters if self.letters else 0.0

    @property
    def good(self) -> bool:
        return self.letters > 0 and self.share >= LEAST


async def try_previews(settings: Settings, url: str, count: int, seed: int, tell: Callable[[str], None]) -> Result:
    """On tables of its own at `url`. Nothing is written between the preview and the sending."""
    codec, held, engine = Codec(MemoryRegistry()), MemoryTarget(), operations_engine(url)
    line = Line(settings, engine, codec, Erp(held), system_clock)
    try:
        await line.open()
        accounts = max(8, count // 8)
        for number in range(accounts):
            event = f"world-{number}"
            before = as_letter(account(f"k{number}", 100, event), event, codec)
            await line.play("decide", outgoing_of(before))
        tell(f"{accounts} accounts are there")
        made = list(letters(count, accounts, seed, codec))
        items = [item_of(place, one) for place, one in enumerate(made)]
        records = {
            item.letter_id: sent_again(outgoing_of(one), item.place) for item, one in zip(items, made, strict=True)
        }
        tell(f"{await line.block(items, records)} records are blocked by letters, and events of them are parked")
        agents = Agents(settings, engine, codec, system_clock)
        walk = Walk(agents, ReadOnlyLedger(engine), ReadOnlyParking(engine), Shadow(held), codec, system_clock)
        said = dict(await walk.preview(items, records))
        tell(f"{len(said)} letters are previewed")
        result = Result()
        failed: set[str] = set()
        for item in items:
            # A job leaves what stands behind a letter of its record that failed again.
            left = item.record in failed
            ends = [(Says.LEFT, "")] if left else await line.play(item.stage, records[item.letter_id])
            if any(says is Says.FAIL for says, _ in ends):
                failed.add(item.record)
            compare(result, item, said[item.letter_id], ends)
        return result
    finally:
        await engine.dispose()


def compare(result: Result, item: Item, said: Verdict, ends: list[End]) -> None:
    """The end that a person must know of is what a preview names."""
    came = worst([Verdict(says, "", reason) for says, reason in ends]) if ends else None
    result.letters += 1
    name = f"{said.says.value} {said.reason}".strip()
    result.verdicts = dict(Counter(result.verdicts) + Counter({name: 1}))
    if came is not None and (came.says, came.reason) == (said.says, said.reason):
        result.agreed += 1
    else:
        wrong = {"letter": item.letter_id, "record": item.record, "stage": item.stage, "said": name}
        wrong |= {"detail": said.detail[:200]}
        result.wrong.append(wrong | {"came": "" if came is None else f"{came.says.value} {came.reason}".strip()})


def item_of(place: int, made: Made) -> Item:
    lane = made.account_id or made.event_id
    record = f"{made.entity}/{made.key}" if made.key else f"{made.topic}/0/{place}"
    return Item(place, f"l{place}", made.event_id, made.stage, lane, record, made.effect_id, made.kind)


def sent_again(record: Outgoing, place: int) -> Outgoing:
    """As a job sends it: with the coordinates that it first had."""
    original = Original(record.topic, record.partition or 0, place, 1, record.key, record.value)
    headers = set_headers(record.headers, {**original.coordinates(), REPLAYS: "1"}.items())
    return replace(record, headers=tuple(headers))


def outgoing_of(made: Made) -> Outgoing:
    headers = ((EVENT_ID, made.event_id.encode()),)
    return Outgoing(made.topic, made.key.encode(), made.value, headers, partition_of(made))
