"""FL8 on the real database: after a crash the same state of a subscription is the same command, whatever is known."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.outcome import Forward, Skip
from schemas.records import Command, Subscription
from streams.decide import Policy, decide
from streams.facts import Span
from tests.integration.operations import learn, look, play
from tests.integration.test_facts_store import account
from tests.unit.streams.agents.crm_days import T0
from tests.unit.streams.decide.test_subscription_decisions import subscription

SPAN = Span("clean", 0, 10)


def test_a_batch_read_again_gives_the_very_commands_and_what_was_sent_is_skipped(operations_url: str) -> None:
    first, second = subscription(tick=1), subscription(tick=2, revision=3)

    async def decided(engine: AsyncEngine, event: Subscription, span: Span) -> Forward | Skip:
        view = await look(engine, [event], span, T0)
        outcome = decide(event, view.facts_for(event, None), Policy(), T0)
        assert isinstance(outcome, Forward | Skip)
        return outcome

    async def scene(engine: AsyncEngine) -> None:
        await learn(engine, Span("other", 0, 0), T0, account())
        made = []
        for place, event in enumerate((first, second), 10):
            outcome = await decided(engine, event, Span("clean", 0, place))
            assert isinstance(outcome, Forward)
            made.append([one.value for one in outcome.records if isinstance(one.value, Command)])
            await learn(engine, Span("clean", 0, place), T0, event, outcome=outcome)
        # both again, from before the first: what the undone batch had learned of the second is all that is known
        for event, commands in zip((first, second), made, strict=True):
            again = await decided(engine, event, SPAN)
            assert isinstance(again, Forward)
            assert commands[-1] in [one.value for one in again.records]
        later = second.model_copy(update={"meta": second.meta.model_copy(update={"event_id": "e9", "version": 9})})
        assert isinstance(await decided(engine, later, replace(SPAN, first_offset=20)), Skip)

    play(operations_url, scene)
