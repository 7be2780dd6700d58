"""What FL4 asks of the real database: the deal of an invoice with its lines and its contract, signed or not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.outcome import Forward, WaitKind
from schemas.records import Account, Command, Contract, Invoice
from streams.decide import Policy, decide
from streams.decide.commands import command_body, fingerprint_of
from streams.facts import Span
from streams.rules import rules_of, shipped_texts
from tests.integration.operations import hold_of, learn, look, play, put, rows
from tests.integration.test_holds import Sent, deal, line, releaser
from tests.unit.streams.agents.crm_days import T0, meta

SPAN = Span("clean", 0, 10)
_TEXTS = shipped_texts()
_RULE = "automatic-billing.yaml"
AUTOMATIC = Policy(rules_of({**_TEXTS, _RULE: _TEXTS[_RULE].replace('value: "false"', 'value: "true"')}))


def contract(tick: int, signed_at: datetime | None) -> Contract:
    return Contract(meta=meta("contract", "k1", "a1", tick), id="k1", reference="PO 7", signed_at=signed_at)


def draft() -> Invoice:
    stamp = meta("invoice", "erp:invoice:7", "a1", 9).model_copy(update={"side": "erp", "source": "erp:tryton"})
    fields: dict[str, Any] = {"state": "draft", "order_id": "d1", "currency": "EUR", "total": 19, "balance": 0}
    return Invoice(meta=stamp, id="erp:invoice:7", erp_id="7", **fields)


def test_a_draft_is_decided_on_with_its_deal_s_lines_and_contract_and_remembered(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        account = Account(meta=meta("account", "a1", "a1", 1), id="a1", name="Ada")
        won = deal(5).model_copy(update={"contract_id": "k1"})
        await learn(engine, SPAN, T0, account, won, line("S1"), line("S2"), contract(5, datetime.now(UTC)))
        later = Span("erp", 0, 20)
        view = await look(engine, [draft()], later, T0)
        facts = view.facts_for(draft(), None)
        assert facts.contract is not None
        assert [item.id for item in facts.lines] == ["d1-S1", "d1-S2"]
        outcome = decide(draft(), facts, AUTOMATIC, T0)
        assert isinstance(outcome, Forward)
        commands = [one.value for one in outcome.records if isinstance(one.value, Command)]
        assert [one.kind for one in commands[-2:]] == ["invoice.draft", "invoice.post"]

        await learn(engine, later, T0, draft(), outcome=outcome)
        known = (await look(engine, [draft()], Span("erp", 0, 30), T0)).facts_for(draft(), None).known
        assert known is not None
        sent = {one.kind: command_body(one) for one in commands if one.kind != "invoice.post"}
        assert known.fingerprint == fingerprint_of(*(sent[kind] for kind in sorted(sent)))

    play(operations_url, scene)


def test_an_invoice_that_waits_for_a_signature_is_let_go_by_it(operations_url: str) -> None:
    async def scene(engine: AsyncEngine) -> None:
        await put(engine, T0, hold_of(deal(), T0, WaitKind.SIGNATURE, "k1"))
        assert await releaser(engine, Sent(), 1).step() == (0, 0)  # no contract
        await learn(engine, SPAN, T0, contract(1, None))
        assert await releaser(engine, Sent(), 1).step() == (0, 0)  # not signed
        await learn(engine, Span("clean", 0, 11), T0, contract(2, datetime.now(UTC)))
        sent = Sent()
        assert await releaser(engine, sent, 1).step() == (1, 0)
        assert len(sent.records) == 1
        assert [row.state for row in await rows(engine)] == ["released"]

    play(operations_url, scene)
