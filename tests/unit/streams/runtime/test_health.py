"""The probes tell the truth, and why it is no."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client import Counter

from streams.runtime.health import STANDS_S, LoopProbe, Probes, serve
from streams.transport.types import Health

PROBED = Counter("mesh_test_health", "A metric of this test")


@pytest.fixture
def probes() -> Probes:
    return Probes()


@pytest.fixture
def address(probes: Probes) -> Iterator[str]:
    server = serve(0, probes)
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_a_process_without_parts_is_alive_and_not_ready(address: str) -> None:
    assert get(f"{address}/healthz") == (200, "ok\n")
    assert get(f"{address}/readyz") == (503, "starting\n")


def test_a_part_that_is_well(address: str, probes: Probes) -> None:
    probes.add("streams", lambda: Health("", ""))
    assert get(f"{address}/healthz") == (200, "ok\n")
    assert get(f"{address}/readyz") == (200, "ok\n")


def test_one_part_that_is_not_speaks_for_all(address: str, probes: Probes) -> None:
    probes.add("streams", lambda: Health("", "not assigned"))
    probes.add("sinks", lambda: Health("stalled", "stalled"))
    assert get(f"{address}/healthz") == (503, "sinks: stalled\n")
    assert get(f"{address}/readyz/") == (503, "streams: not assigned; sinks: stalled\n")


def test_a_probe_that_raises_is_a_no(address: str, probes: Probes) -> None:
    def broken() -> Health:
        raise RuntimeError("gone")

    probes.add("streams", broken)
    assert get(f"{address}/healthz") == (503, "streams: RuntimeError: gone\n")


def test_metrics_are_where_they_were(address: str) -> None:
    PROBED.inc()
    for path in ("/metrics", "/"):
        status, text = get(address + path)
        assert status == 200
        assert "mesh_test_health_total 1.0" in text


def test_a_loop_that_stands_is_told() -> None:
    now = 0.0
    probe = LoopProbe(lambda: now)
    probe.beat()
    now = STANDS_S
    assert probe() == Health("", "")
    now = STANDS_S + 1
    assert "has not turned for 31 s" in probe().alive
    probe.beat()
    assert probe() == Health("", "")
