"""Alert rules about event and batch mode: a target that cannot keep up, and one that stays so. Pure."""

from __future__ import annotations

from typing import Any

_PAGE = "ops/docs/batch.md"


def modes() -> list[dict[str, Any]]:
    """It switched over; it does not come back; it goes to and fro."""
    return [
        _rule(
            "TargetOverloaded",
            "max by (target) (mesh_overloaded) == 1",
            "0m",
            "ticket",
            "More waits for the {{ $labels.target }} than it takes: flows that write to it gather changes by rule.",
            "Nothing is lost, and won deals go on as they come. The alert ends when the flows are back in event mode.",
        ),
        _rule(
            "TargetOverloadedLong",
            "min_over_time((max by (target) (mesh_overloaded))[1h:1m]) == 1",
            "0m",
            "page",
            "More has waited for the {{ $labels.target }} than it takes for an hour.",
            "Is its breaker open, or its API slow? See what waits and how long a call takes.",
        ),
        _rule(
            "ModeFlaps",
            "sum by (target) (increase(mesh_mode_switches_total[1h])) > 6",
            "0m",
            "ticket",
            "Flows to the {{ $labels.target }} have gone to batch mode and back again and again.",
            "The thresholds are too near to each other for this load: MESHLINE_OVERLOAD__ON_ABOVE and __OFF_BELOW.",
        ),
    ]


def _rule(name: str, expr: str, lasts: str, severity: str, summary: str, description: str) -> dict[str, Any]:
    return {
        "alert": name,
        "expr": expr,
        "for": lasts,
        "labels": {"severity": severity, "owner": "platform", "backup": "erp-team"},
        "annotations": {"summary": summary, "description": description, "runbook": _PAGE, "type": "meshline doctor"},
    }
