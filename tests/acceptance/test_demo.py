"""The demo and the books, as a person at the command line sees them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.stack import ROOT, Running

KEYS = {
    "accepted",
    "applied",
    "dead_lettered",
    "held",
    "skipped",
    "in_flight",
    "drift",
    "erp_orders_expected",
    "erp_orders_found",
    "duplicates_in_erp",
    "balanced",
    "latency_ms",
}


def meshline(stack: Running, *arguments: str, timeout: float = 800) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "ops.cli", *arguments]
    return subprocess.run(
        argv, cwd=ROOT, env=stack.environ, capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.mark.timeout(900)
def test_a_small_day_ends_with_balanced_books(stack: Running) -> None:
    done = meshline(stack, "demo", "--accounts", "20", "--opportunities", "30", "--seed", "3", "--json")
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    data = json.loads(done.stdout)
    assert data.keys() >= KEYS
    assert data["balanced"] is True
    parts = ("applied", "dead_lettered", "held", "skipped", "in_flight")
    assert data["accepted"] == sum(data[part] for part in parts)
    assert data["erp_orders_found"] == data["erp_orders_expected"] > 0
    assert (data["duplicates_in_erp"], data["in_flight"], data["held"], data["lost"]) == (0, 0, 0, 0)
    reasons = data["dead_lettered_by_reason"]
    expected = {"missing_account", "missing_product", "discount_needs_approval", "contract_violation", "undecodable"}
    assert reasons.keys() >= expected
    assert data["drift_by_cause"]["changed by hand in the ERP"] >= 1
    assert {"p50", "p95", "p99"} == data["latency_ms"].keys()
    assert "Traceback" not in done.stderr

    books = meshline(stack, "books", "--since", "1h", "--json", timeout=120)
    told = json.loads(books.stdout)
    assert books.returncode == (0 if told["balanced"] else 100), books.stderr
    assert told["lost"] == 0
    assert told["accepted"] >= data["accepted"]


def test_a_home_without_parts_is_told_in_words(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ops.cli", "demo"],
        cwd=ROOT,
        env={"MESHLINE_HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "meshline up" in done.stderr
    assert "Traceback" not in done.stderr
