"""Alert rules about what waits behind letters. The thresholds are shares of the caps and hours of waiting. Pure."""

from __future__ import annotations

from typing import Any

_PAGE = "ops/docs/parking.md"


def parking() -> list[dict[str, Any]]:
    """Paused now; soon full; somebody waits for hours behind a letter that nobody solves."""
    return [
        _rule(
            "ParkingPaused",
            "sum by (topic, partition) (increase(mesh_parking_paused_total[5m])) > 0",
            "0m",
            "page",
            "Partition {{ $labels.partition }} of {{ $labels.topic }} rests, because parking is full.",
            "Nothing is lost and nothing overtakes, but its accounts wait. Solve or discard the letters with the most "
            "behind them, or let a record go on: meshline dlq unblock.",
        ),
        _rule(
            "ParkingFillsUp",
            "mesh_parking_full_ratio > 0.8",
            "5m",
            "page",
            "Parking is at {{ $value | humanizePercentage }} of a cap; at all of it partitions pause.",
            "See which records wait and behind which letters. Many at once have one cause: meshline case groups.",
        ),
        _rule(
            "ParkedTooLong",
            "mesh_parked_oldest_timestamp_seconds > 0 and time() - mesh_parked_oldest_timestamp_seconds > 14400",
            "1m",
            "ticket",
            "An event has been parked behind a letter for more than four hours.",
            "Its letter's owner has it; the list names both.",
        ),
    ]


def _rule(name: str, expr: str, lasts: str, severity: str, summary: str, description: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expr,
        "for": lasts,
        "labels": {"severity": severity, "owner": "platform", "backup": "revenue-operations"},
        "annotations": {
            "summary": summary,
            "description": description,
            "runbook": _PAGE,
            "type": "meshline dlq parked",
        },
    }
