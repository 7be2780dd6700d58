"""Letters through the stages that are before them, as far as a preview goes: to the door of the target.

raw ─ normalise ─▶ events ─ decide ─▶ commands ─ ledger ─▶ shadow
                    a letter, a skip or a hold on the way is the verdict
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ops.cases.reading import record_in
from ops.replay.order import Item
from ops.replay.preview.agents import Agents
from ops.replay.preview.ledger import ReadOnlyLedger
from ops.replay.preview.parking import ReadOnlyParking
from ops.replay.preview.verdict import Says, Shown, Verdict, of_shadow, of_weighing, worst
from ops.replay.states import ItemState
from schemas import headers as names
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.headers import header_text
from schemas.reasons import Reason
from schemas.records import Command
from schemas.topics import COMMAND, DEAD_LETTER, SKIPPED
from streams.letters.outbox import Outgoing
from streams.runtime.clock import Clock

_TARGET_OF = {topic.name: target for target, topic in COMMAND.items()}
_LETTERS = frozenset(topic.name for topic in DEAD_LETTER.values())


class Shadow(Protocol):
    """What the walk needs of `shadow.Shadows`."""

    async def show(self, target: str, command: Command) -> Shown: ...


@dataclass
class Walk:
    """`said` has the verdicts of each letter so far; commands wait in `orders` in the letters' order."""

    agents: Agents
    ledger: ReadOnlyLedger
    parking: ReadOnlyParking
    shadow: Shadow
    codec: Codec
    clock: Clock
    said: dict[str, list[Verdict]] = field(default_factory=dict)
    _customers: set[str] = field(default_factory=set)

    async def preview(self, items: Sequence[Item], outgoing: dict[str, Outgoing]) -> list[tuple[str, Verdict]]:
        """The verdict of each letter, in order. `outgoing`: what would be sent. Raises what the agents raise."""
        events: dict[str, str] = {}  # event id -> letter id
        on_the_way: list[Outgoing] = []
        for item in items:
            if item.state is ItemState.LEFT:
                self._say(item.letter_id, Verdict(Says.LEFT, item.note))
            elif item.stage == "normalise":
                on_the_way += await self._normalised(item, outgoing[item.letter_id], events)
            elif item.stage == "decide":
                events[item.event_id] = item.letter_id
                on_the_way.append(outgoing[item.letter_id])
        commands = await self._decided(on_the_way, events)
        for item in items:
            if item.stage == "sink" and item.state is not ItemState.LEFT:
                commands.setdefault(item.letter_id, []).append(outgoing[item.letter_id])
            for record in commands.get(item.letter_id, ()):
                self._say(item.letter_id, await self._sunk(record))
        nothing = [Verdict(Says.SKIP, "its event leads to nothing")]
        verdicts = [(item, worst(self.said.get(item.letter_id) or nothing)) for item in items]
        return [(item.letter_id, verdict) for item, verdict in behind_failures(verdicts)]

    def _say(self, letter_id: str, verdict: Verdict) -> None:
        self.said.setdefault(letter_id, []).append(verdict)

    async def _normalised(self, item: Item, record: Outgoing, events: dict[str, str]) -> list[Outgoing]:
        onward = []
        for made in await self.agents.normalise([record]):
            end = self._end_of(made)
            if end is not None:
                self._say(item.letter_id, end)
            else:
                events[header_text(made.headers, names.EVENT_ID)] = item.letter_id
                onward.append(made)
        return onward

    async def _decided(self, records: Iterable[Outgoing], events: dict[str, str]) -> dict[str, list[Outgoing]]:
        """The commands of each letter."""
        parts: dict[int, list[Outgoing]] = {}
        for record in records:
            parts.setdefault(record.partition or 0, []).append(record)
        commands: dict[str, list[Outgoing]] = {}
        for partition, mine in parts.items():
            out, held = await self.agents.decide(mine, partition, set(events))
            for made in out:
                letter_id = events.get(header_text(made.headers, names.EVENT_ID))
                if letter_id is None:
                    continue
                end = self._end_of(made)
                if end is not None:
                    self._say(letter_id, end)
                elif made.topic in _TARGET_OF:
                    commands.setdefault(letter_id, []).append(made)
            for event_id, detail in held.items():
                self._say(events[event_id], Verdict(Says.HOLD, detail))
        return commands

    def _end_of(self, record: Outgoing) -> Verdict | None:
        if record.topic in _LETTERS:
            text = header_text(record.headers, names.DETAIL)
            return Verdict(Says.FAIL, text, header_text(record.headers, names.REASON))
        if record.topic == SKIPPED.name:
            skipped = record_in(record.value, self.codec) or {}
            says = Says.STALE if skipped.get("why") in ("stale", "superseded") else Says.SKIP
            return Verdict(says, f"{skipped.get('why')}: {skipped.get('detail')}")
        return None

    async def _sunk(self, record: Outgoing) -> Verdict:
        target = _TARGET_OF[record.topic]
        try:
            command = self.codec.read(record.value, Command)
        except Undecodable as error:
            return Verdict(Says.FAIL, str(error), Reason.UNDECODABLE.value)
        except ContractViolation as error:
            return Verdict(Says.FAIL, str(error), Reason.CONTRACT_VIOLATION.value)
        if target == "erp" and (waits := await self.parking.keeps(command, record)):
            return Verdict(Says.HOLD, waits)
        known = of_weighing(await self.ledger.weigh(target, command))
        if known is not None:
            return known
        verdict = of_shadow(await self.shadow.show(target, command))
        if verdict.reason == Reason.MAPPING_MISSING and command.account_id in self._customers:
            verdict = Verdict(Says.SUCCEED, "after its customer, which goes first")
        if verdict.says is Says.SUCCEED:
            self.ledger.wrote(target, command, self.clock())
            if command.customer is not None:
                self._customers.add(command.account_id)
        return verdict


def behind_failures(verdicts: Sequence[tuple[Item, Verdict]]) -> list[tuple[Item, Verdict]]:
    """A job leaves what stands behind a letter of its record that fails again (`ops.replay.course.overtaking`)."""
    failed: dict[str, str] = {}
    found = []
    for item, verdict in verdicts:
        said = verdict
        if item.record in failed:
            said = Verdict(Says.LEFT, f"an earlier letter of its record would fail again: {failed[item.record]}")
        elif verdict.says is Says.FAIL:
            failed[item.record] = item.letter_id[:12]
        found.append((item, said))
    return found
