"""A preview of an invoice's steps says what would be called and changed in the real ERP, and changes nothing."""

from __future__ import annotations

import asyncio

from ops.replay.preview.shadow import Shadows
from sinks.tryton import invoice
from sinks.tryton.sink import TrytonSink
from streams.runtime.settings import Settings
from tests.contract.sink_examples import billed, customer, order
from tests.contract.sink_promises import new_key, write


def test_a_preview_shows_both_steps_and_writes_nothing(stack_settings: Settings) -> None:
    async def life() -> None:
        key = new_key()
        async with TrytonSink.of(stack_settings) as sink, Shadows(stack_settings) as shadows:
            await write(sink, customer(f"a-{key}"))
            await write(sink, order(key, f"a-{key}"))
            (row,) = await sink._client.call(invoice.of_order(key))
            draft = billed("invoice.draft", key, f"a-{key}", erp_id=str(row["id"]))
            post = billed("invoice.post", key, f"a-{key}", erp_id=str(row["id"]))

            shown = await shadows.show("erp", draft)
            assert shown.call is not None
            assert shown.call.method == "model.account.invoice.write"
            changed = {"reference", "payment terms", "line 1 account", "line 1 earned"}
            assert {one.field for one in shown.diff} == changed
            early = await shadows.show("erp", post)
            assert early.refused == "erp_verification_failed"
            (same,) = await sink._client.call(invoice.of_order(key))
            assert same == row

            await write(sink, draft)
            shown = await shadows.show("erp", post)
            assert shown.call is not None
            assert shown.call.method == "model.account.invoice.post"
            assert {one.field for one in shown.diff} == {"posted", "schedules"}

    asyncio.run(life())
