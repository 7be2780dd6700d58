"""A full sweep over the real CRM and ERP: what was done by hand is in it, and a stopped one goes on where it was."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ops.reconcile.sweep import Sweep
from reconciler.explanations import KnownExplanations
from reconciler.store import RocksStore
from sinks.calls import Calls
from sinks.limits import Limiter
from sinks.tryton import request
from sinks.tryton.client import TrytonClient
from sinks.tryton.settings import TrytonSettings
from streams.runtime.settings import Settings

pytestmark = pytest.mark.stack


async def _sweep(settings: Settings, folder: Path, pages: int, quick: bool = False) -> tuple[dict[str, Any], int]:
    """The certificate of a sweep that is stopped every so many pages, and how often it was begun."""
    own, now = TrytonSettings.of(settings), datetime.now(UTC)
    for begun in range(1, 1000):
        store = RocksStore(folder)
        try:
            sweep = Sweep(store, now, quick=quick)
            await sweep.read_crm(settings.crm_url)
            async with TrytonClient(own, Calls("erp", Limiter(own.rate))) as client:
                if await sweep.read_erp(client, pages):
                    sweep.finish()
                    found = sweep.certify(timedelta(0), KnownExplanations())
                    return found.document(now, now, sweep.read()), begun
        finally:
            store.close()
    raise AssertionError("it does not end")


async def _party(settings: Settings, key: str) -> None:
    own = TrytonSettings.of(settings)
    values = {"name": "By hand", "identifiers": [["create", [{"type": None, "code": f"acc-{key}"}]]]}
    async with TrytonClient(own, Calls("erp", Limiter(own.rate))) as client:
        await client.call(request.create("party.party", values))


def test_a_sweep_finds_what_was_done_by_hand_and_goes_on_where_it_was(stack_settings: Settings, tmp_path: Path) -> None:
    key = uuid.uuid4().hex[:12]
    asyncio.run(_party(stack_settings, key))
    account, unreadable = f"sweep-{key}", f"acc-{key}"  # the second is in both, and cannot be read in the CRM
    with psycopg.connect(stack_settings.crm_url) as connection:
        connection.execute(
            "insert into sales.accounts (id, name, currency, country, tax_id)"
            " values (%s, 'Swept', 'EUR', null, null), (%s, 'By hand', 'EUR', 'DE', 'DE123456780')",
            (account, unreadable),
        )
    try:
        whole, once = asyncio.run(_sweep(stack_settings, tmp_path / "whole", 0))
        same, _ = asyncio.run(_sweep(stack_settings, tmp_path / "whole", 0, quick=True))
        with psycopg.connect(stack_settings.crm_url) as connection:
            connection.execute("update sales.accounts set name = 'Renamed' where id = %s", (account,))
            connection.execute("delete from sales.accounts where id = %s", (unreadable,))
        quick, _ = asyncio.run(_sweep(stack_settings, tmp_path / "whole", 0, quick=True))
        parts, often = asyncio.run(_sweep(stack_settings, tmp_path / "parts", 3))
    finally:
        with psycopg.connect(stack_settings.crm_url) as connection:
            connection.execute("delete from sales.accounts where id in (%s, %s)", (account, unreadable))
    assert (once, often > 1) == (1, True)
    found = {(one["key"], one["kind"]) for one in whole["differences"]}
    assert (account, "missing_in_erp") in found
    about = [one for one in whole["differences"] if one["key"] == unreadable]
    assert about == [], [one for one in whole["not_compared"] if one["key"] == unreadable]
    assert unreadable in {one["key"] for one in whole["not_compared"]}
    for field in ("results", "totals", "buckets", "differences"):
        assert same[field] == whole[field], field
        assert quick[field] == parts[field], field
    assert _cost(same, "opportunities") == (0, 1), "one hash says that nothing has changed"
    assert _cost(quick, "accounts")[0] <= 2
    assert _cost(quick, "opportunities") == (0, 1)
    assert quick["buckets"] != whole["buckets"]
    assert unreadable not in {one["key"] for one in quick["not_compared"]}


def _cost(document: dict[str, Any], table: str) -> tuple[int, int]:
    """Pages read and hashes asked."""
    how = document["read"]["tables"][table]
    return how["pages"], how["hashes_asked"]
