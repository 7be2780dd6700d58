"""FL7: a credit that was granted stands in the audit's chain, once, with who approved it."""

from __future__ import annotations

from ops.audit.chain import check
from ops.audit.store import read_all, read_head
from ops.cases.intake import take
from ops.cases.reading import Noted, fact_of
from schemas.topics import NOTICE
from streams.decide.notice import credit_granted
from tests.integration.cases_rig import CODEC, KEY, T0, Scene, play
from tests.unit.streams.decide.test_case_decisions import case
from tests.unit.streams.decide.test_other_decisions import effect


class Message:
    """A notice as it lies on its topic."""

    def __init__(self) -> None:
        self._value = CODEC.encode(NOTICE, credit_granted(effect("credit.grant"), case(), T0).value)

    def topic(self) -> str:
        return NOTICE.name

    def value(self) -> bytes:
        return self._value


def test_a_granted_credit_is_kept_with_its_approver(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        fact = fact_of(Message(), CODEC)
        assert isinstance(fact, Noted)
        async with s.desk.database.begin() as connection:
            await take(connection, [fact], CODEC, T0, KEY)
        async with s.desk.database.connect() as connection:
            entries = await read_all(connection)
            head, _ = await read_head(connection)
        entry = entries[-1]
        assert (entry.who, entry.action, entry.subject) == ("ina", "credit.granted", "case:c1")
        assert '"money": "120.5000"' in entry.after
        assert check(entries, head, KEY) == []

    play(operations_url, scene)
