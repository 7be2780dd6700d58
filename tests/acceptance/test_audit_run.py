"""A run of all flows on the real parts, and that its witness can fail."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import psycopg
import pytest

from ops.acceptance.drive import LEAST, SHARES, plan_work
from ops.acceptance.run import look
from ops.demo.erp import Erp
from streams.runtime.settings import Settings
from tests.stack import ROOT, Running

KEYS = {"records", "flows", "fields_compared", "mismatches", "unexplained", "totals_by_currency"}


@pytest.mark.timeout(400)
def test_every_flow_ends_as_the_witness_says_and_a_change_by_hand_is_told(
    stack: Running, stack_settings: Settings
) -> None:
    today = datetime.now(UTC).date()
    argv = [sys.executable, "-m", "ops.cli", "audit", "run", "--records", str(LEAST), "--seed", "4", "--json"]
    done = subprocess.run(argv, cwd=ROOT, env=stack.environ, capture_output=True, text=True, timeout=380, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    result = json.loads(done.stdout)
    assert result.keys() >= KEYS
    assert (result["records"], result["mismatches"], result["unexplained"]) == (LEAST, 0, 0)
    assert result["flows"].keys() == {share.flow for share in SHARES}
    assert min(result["flows"].values()) >= 1

    work = plan_work(result["run"], 4, LEAST, today)
    assert look(stack_settings, work).clean
    account = work.accounts[-1]
    mine = "update sales.account_balances set outstanding = outstanding + 1 where account_id like %s"
    with psycopg.connect(stack_settings.crm_url, autocommit=True) as crm, Erp(stack_settings) as erp:
        crm.execute(mine, (f"%-{work.run}-%",))
        (party,) = erp.read("party.identifier", [["code", "=", account.id]], ["party"])
        erp.call("model.party.party.write", [party["party"]], {"name": "Jemand anders"})
        told = {(one.record, one.field) for one in look(stack_settings, work).mismatches}
        erp.call("model.party.party.write", [party["party"]], {"name": account.name})  # or others' workers hear of it
    assert (account.id, "name") in told
    assert any(field.startswith("outstanding in") for _, field in told)
