"""Who may put rules live, and as whom."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.access.errors import NotLetIn
from ops.access.people import put_grant
from ops.access.roles import Role
from ops.access.tokens import new_token
from ops.audit.store import read_all
from ops.rules.desk import newest_rules, put_live, take_back
from ops.rules.errors import Refused
from streams.rules import rules_of, shipped
from streams.runtime.settings import RulesSettings, Settings
from streams.runtime.tables import rule_activations
from tests.integration.operations import play
from tests.integration.test_rules_activation import forecast, with_threshold
from tests.unit.streams.agents.crm_days import T0

LOCAL = Settings(bootstrap="127.0.0.1:9092", rules=RulesSettings(alone_events=0))


def test_without_a_token_the_operator_of_a_local_stack_answers_for_the_name(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        texts = with_threshold(1000)
        await put_live(engine, LOCAL, texts, "ann", "a campaign", forecast(1000), T0)
        assert await newest_rules(engine, LOCAL) == rules_of(texts)
        await take_back(engine, LOCAL, "bob", "it hurt", T0)
        assert await newest_rules(engine, LOCAL) == shipped()
        async with engine.connect() as connection:
            rows = (await connection.execute(select(rule_activations).order_by(rule_activations.c.seq))).all()
            acts = [(entry.who, entry.action, entry.why) for entry in await read_all(connection)]
        assert [(row.by_whom, row.kind, row.why) for row in rows] == [
            ("ann", "activate", "a campaign"),
            ("bob", "revert", "it hurt"),
        ]
        assert acts == [("ann", "rules.activate", "a campaign"), ("bob", "rules.revert", "it hurt")]
        elsewhere = LOCAL.model_copy(update={"bootstrap": "broker.example:9092"})
        with pytest.raises(NotLetIn):
            await put_live(engine, elsewhere, texts, "ann", "a campaign", None, T0)

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("role", "name", "told"),
    [(Role.APPROVER, "bob", "the token is ann's, not bob's"), (Role.OWNER, "ann", "rules need approver")],
)
def test_a_token_speaks_for_its_person_only_and_the_role_must_do(
    operations_url: str, role: Role, name: str, told: str
) -> None:
    async def scene(engine: AsyncEngine) -> None:
        token = new_token()
        async with engine.begin() as connection:
            await put_grant(connection, "ann", role, token, "admin", T0)
        settings = LOCAL.model_copy(update={"token": SecretStr(token.text)})
        with pytest.raises(Refused, match=told):
            await put_live(engine, settings, with_threshold(1000), name, "why", forecast(1000), T0)
        with pytest.raises(Refused, match=told):
            await take_back(engine, settings, name, "why", T0)
        assert await newest_rules(engine, settings) == shipped()

    play(operations_url, scene)
