"""Canonical events in; commands, states, letters, holds and skips out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import assert_never

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas import headers as names
from schemas.codec import Codec, ContractViolation, Undecodable
from schemas.headers import header_text
from schemas.identity import event_id_for
from schemas.outcome import DeadLetter, Forward, Hold, Skip, SkipWhy
from schemas.reasons import Reason
from schemas.records import BillingHold, Effect, Stamped
from schemas.topics import BY_NAME, EFFECT_ERP
from streams.agents.rulebook import Rulebook, mark_decided
from streams.agents.schemas_told import SchemasTold, written_by
from streams.agents.yard import Yard
from streams.decide import Policy, complete, decide, decide_effect, decide_patch, is_stale, record_of, state_records
from streams.facts import Span, View, load_view, save_view, take_turn
from streams.letters.billing_stops import keep_stops
from streams.letters.holds import NewHold, end_superseded, put_holds
from streams.letters.letter import Failure, Original, Subject
from streams.letters.parking.lot import Admission
from streams.letters.parking.occupancy import Brake
from streams.overload import overloaded_now
from streams.publish import Publisher
from streams.rules import Rules
from streams.rules.told import tell
from streams.runtime import metrics
from streams.runtime.clock import Clock
from streams.runtime.logs import get_logger
from streams.transport import Batch

STAGE = "decide"
_REST_S = 5.0  # until it is looked again whether there is room
log = get_logger(__name__)


@dataclass(slots=True)
class _Work:
    """What one batch has come to so far."""

    batch: Batch
    view: View
    now: datetime
    rules_at: Callable[[int], Rules]  #: offset -> the rules that decide the record there
    holds: list[NewHold] = field(default_factory=list)
    superseded: dict[str, str] = field(default_factory=dict)  #: hold id -> event that took its place
    offsets: dict[str, int] = field(default_factory=dict)  #: event id -> offset in this batch
    yard: Yard = field(default_factory=Yard)
    overloaded: frozenset[str] = frozenset()  #: targets that more waits for than they take


def _subject(event: Stamped) -> Subject:
    return Subject(event.meta.event_id, event.meta.entity, event.meta.key, event.meta.account_id)


@dataclass(frozen=True, slots=True)
class DecideAgent:
    """The five steps for one batch: decode, facts, decide, publish; the transport acks when all of it is durable."""

    codec: Codec
    database: AsyncEngine
    policy: Policy
    clock: Clock
    publisher: Publisher
    #: The offsets that this worker's transactions have reached; None under at-least-once.
    committed: Callable[[], Mapping[tuple[str, int], int]] | None = None
    rulebook: Rulebook = field(default_factory=Rulebook)
    told: SchemasTold = field(default_factory=lambda: SchemasTold(written_by(STAGE)))
    brake: Brake = field(default_factory=Brake)

    async def run(self, batch: Batch) -> None:
        """Records whose schemas the registry does not tell now are postponed.

        Raises when the database is away: the worker stops and the batch is read again.
        """
        await self.told.before(self.codec, batch)
        now = self.clock()
        metrics.EVENTS_READ.labels(STAGE, batch.tp.topic).inc(len(batch))
        arrived = [(message.offset() or 0, Original.of(message)) for message in batch]
        read = [(offset, original, self._read(original)) for offset, original in arrived]
        events = [item for _, _, item in read if isinstance(item, Stamped)]
        committed = self.committed() if self.committed is not None else None
        span = Span(batch.tp.topic, batch.tp.partition, batch.first_offset, committed)
        effects = [item for _, _, item in read if isinstance(item, Effect)]
        named = {key for effect in effects if (key := record_of(effect))}
        place, after = (batch.tp.topic, batch.tp.partition), max((offset for offset, _ in arrived), default=-1) + 1
        if committed is None:
            # What is published stays published even if this batch is not remembered, so it counts as decided before.
            async with self.database.begin() as connection:
                await take_turn(connection, batch.tp.partition)
                await mark_decided(connection, place, after)
        async with self.database.begin() as connection:
            await take_turn(connection, batch.tp.partition)
            book = await self.rulebook.read(connection, self.policy.rules)
            await keep_stops(connection, [item for _, _, item in read if isinstance(item, BillingHold)])
            work = _Work(
                batch, await load_view(connection, events, span, now, named), now, partial(book.rules_for, place)
            )
            work.overloaded = await overloaded_now(connection)
            work.yard = await Yard.open(connection, events, place, self.brake)
            for offset, original, item in read:
                if isinstance(item, Stamped) and (full := work.yard.full(item, offset)):
                    self._rest(batch, offset, full)
                    after = offset
                    break
                self.publisher.seen(now)
                self._item(work, offset, original, item)
            await batch.flush()  # what is remembered as sent must have been sent
            if not batch.open:  # the partition went to another worker: it does all of this again
                return
            await mark_decided(connection, place, after)
            await save_view(connection, work.view, work.offsets, span, now)
            await put_holds(connection, work.holds, now)
            await end_superseded(connection, work.superseded, now)
            await work.yard.close(connection, now)

    def _rest(self, batch: Batch, offset: int, why: str) -> None:
        """Parking is full: the partition waits at this record; the others go on."""
        metrics.PARKING_PAUSED.labels(*map(str, batch.tp)).inc()
        log.error("parking is full, the partition pauses", topic=batch.tp.topic, partition=batch.tp.partition, why=why)
        batch.postpone(offset, f"parking is full: {why}", _REST_S)

    def _item(
        self, work: _Work, offset: int, original: Original, item: Stamped | Effect | BillingHold | Failure
    ) -> None:
        match item:
            case BillingHold():
                return  # it is kept already, and decides nothing by itself
            case Effect():
                self._follow_up(work, item)
            case Failure():
                event_id = header_text(original.headers, names.EVENT_ID) or event_id_for(original.origin)
                self.publisher.letter(work.batch, original, Subject(event_id), item, work.now)
            case _:
                work.offsets[item.meta.event_id] = offset
                self._admitted(work, offset, original, item)

    def _read(self, original: Original) -> Stamped | Effect | BillingHold | Failure:
        try:
            record = BY_NAME[original.topic].record
            assert record is not None, f"{original.topic} has no record of ours"
            value = self.codec.read(original.value, record)
        except Undecodable as error:
            return Failure(Reason.UNDECODABLE, STAGE, f"{original.origin}: {error}", cause=error)
        except ContractViolation as error:
            return Failure(Reason.CONTRACT_VIOLATION, STAGE, str(error), cause=error)
        assert isinstance(value, Stamped | Effect | BillingHold), f"{original.topic} carries {type(value).__name__}"
        return value

    def _follow_up(self, work: _Work, effect: Effect) -> None:
        key = record_of(effect)
        for record in decide_effect(effect, work.view.records.get(key) if key else None, work.now):
            self.publisher.forward(work.batch, record, effect.event_id, effect.traceparent)

    def _admitted(self, work: _Work, offset: int, original: Original, event: Stamped) -> None:
        """Parked events of its record, or a letter that covers it, keep an event from being decided."""
        admission, original = work.yard.admit(event, original, offset)
        if admission is Admission.PASS:
            self._event(work, original, event)
        elif admission is Admission.INSTEAD:
            subject, said = _subject(event), work.yard.instead(event)
            self.publisher.skip(work.batch, subject, event.meta.origin, *said, work.now)

    def _event(self, work: _Work, original: Original, event: Stamped) -> None:
        held_since = header_text(original.headers, names.HELD_SINCE)
        facts = work.view.facts_for(event, datetime.fromisoformat(held_since) if held_since else None)
        if header_text(original.headers, names.REPLAYS):
            facts = replace(facts, sent_again=True)
        policy = self.policy.under(work.rules_at(work.offsets[event.meta.event_id]), work.overloaded)
        full = complete(event, facts.known)
        if full is None:
            outcome = decide_patch(event, facts, policy, work.now)
        else:
            outcome = decide(full.event, facts, policy, work.now)
            if not is_stale(full.event, facts):
                self._keep(work, event, full.event)
                work.view.learn(full.event, outcome, full.told)
        work.yard.came_to(event, original, outcome)
        subject, batch, rules = _subject(event), work.batch, tell(policy.rules.version, policy.notes or ())
        match outcome:
            case Forward():
                for record in outcome.records:
                    self.publisher.forward(batch, record, event.meta.event_id, event.meta.traceparent, rules)
            case DeadLetter():
                told = {names.RULES: rules}
                failure = Failure(outcome.reason, STAGE, outcome.detail, outcome.suggestion, more=told)
                self.publisher.letter(batch, original, subject, failure, work.now)
            case Hold():
                hold = NewHold(event, outcome, original, facts.held_since or work.now)
                work.holds.append(hold)
                work.view.hold(event, hold.as_open())
                metrics.HELD.labels(outcome.waiting_for.kind.value).inc()
            case Skip():
                self.publisher.skip(batch, subject, event.meta.origin, outcome.why, outcome.detail, work.now, rules)
            case _:
                assert_never(outcome)

    def _keep(self, work: _Work, event: Stamped, full: Stamped) -> None:
        """The record's newest state, and an end to holds of its older versions; a patch ends none of other fields."""
        for state in state_records(full):
            self.publisher.forward(work.batch, state, event.meta.event_id, event.meta.traceparent)
        for hold in work.view.superseded_by(event) if event.meta.operation != "patch" else ():
            side_entity_key = hold.record
            subject = Subject(hold.event_id, side_entity_key[1], side_entity_key[2], hold.account_id)
            detail = f"event {event.meta.event_id} brought a newer version"
            self.publisher.skip(work.batch, subject, hold.origin, SkipWhy.SUPERSEDED, detail, work.now)
            work.superseded[hold.hold_id] = event.meta.event_id


assert EFFECT_ERP.record is Effect
