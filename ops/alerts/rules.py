"""Alert rules made of the catalogue of reasons. Pure; `python -m ops.alerts.write` makes the file, a test compares."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ops.alerts.line import line
from ops.alerts.modes import modes
from ops.alerts.parking import parking
from schemas.reasons import Reason, ReasonEntry, catalogue

_SEVERITY = {"A": "page", "B": "ticket", "C": "info"}
#: How long letters of a class may keep coming until somebody is told.
_FOR = {"A": "0m", "B": "15m", "C": "1h"}


def rules() -> dict[str, Any]:
    """The whole document, as Prometheus reads it."""
    reasons = [rule for reason, entry in catalogue().items() for rule in _of_reason(reason, entry)]
    return {
        "groups": [
            {"name": "meshline-dead-letters", "rules": reasons},
            {"name": "meshline-flood", "rules": [_flood()]},
            {"name": "meshline-cases", "rules": [_escalated()]},
            {"name": "meshline-parking", "rules": parking()},
            {"name": "meshline-line", "rules": line()},
            {"name": "meshline-mode", "rules": modes()},
        ]
    }


def _of_reason(reason: Reason, entry: ReasonEntry) -> list[dict[str, Any]]:
    name = "".join(word.capitalize() for word in reason.value.split("_"))
    labels = {"severity": _SEVERITY[entry.impact], "owner": entry.owner, "backup": entry.backup, "reason": reason.value}
    runbook = f"ops/runbooks/{reason.value}.md"
    look = f"meshline case list --reason {reason.value}"
    late = _seconds(entry.sla * 3 / 4)
    return [
        {
            "alert": f"DeadLetters{name}",
            "expr": f'sum(increase(mesh_dead_lettered_total{{reason="{reason.value}"}}[5m])) > 0',
            "for": _FOR[entry.impact],
            "labels": dict(labels),
            "annotations": {"summary": entry.meaning, "description": entry.action, "runbook": runbook, "type": look},
        },
        {
            "alert": f"CaseSoonOverdue{name}",
            "expr": (
                f'mesh_case_oldest_opened_timestamp_seconds{{reason="{reason.value}"}} > 0 and '
                f'time() - mesh_case_oldest_opened_timestamp_seconds{{reason="{reason.value}"}} > {late}'
            ),
            "for": "1m",
            "labels": dict(labels),
            "annotations": {
                "summary": f"The oldest case of {reason.value} is past three quarters of its {_hours(entry.sla)}.",
                "description": f"{entry.owner} resolves it, or {entry.backup} gets it. {entry.action}",
                "runbook": runbook,
                "type": look,
            },
        },
    ]


def _flood() -> dict[str, Any]:
    owner = catalogue()[Reason.UNCLASSIFIED]
    return {
        "alert": "LettersFlood",
        "expr": "mesh_letter_ratio > 0.25",
        "for": "0m",
        "labels": {
            "severity": "page",
            "owner": owner.owner,
            "backup": owner.backup,
            "reason": Reason.UNCLASSIFIED.value,
        },
        "annotations": {
            "summary": "A quarter of the events of {{ $labels.stage }} become letters for reasons that can be ours.",
            "description": "At half of them the worker stops by itself. Was something deployed? Roll it back.",
            "runbook": f"ops/runbooks/{Reason.UNCLASSIFIED.value}.md",
            "type": "meshline case groups",
        },
    }


def _escalated() -> dict[str, Any]:
    return {
        "alert": "CasesEscalated",
        "expr": "sum by (reason) (increase(mesh_cases_escalated_total[15m])) > 0",
        "for": "0m",
        "labels": {"severity": "page"},
        "annotations": {
            "summary": "Cases of {{ $labels.reason }} were not resolved in time and went to the backup.",
            "description": "Billing of their accounts may be waiting.",
            "runbook": "ops/runbooks/{{ $labels.reason }}.md",
            "type": "meshline case list --overdue",
        },
    }


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())


def _hours(time: timedelta) -> str:
    return f"{time.total_seconds() / 3600:g} hours"
