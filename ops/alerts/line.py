"""Alert rules about the line itself: what waits at a record, and what is sent again by itself. Pure."""

from __future__ import annotations

from typing import Any

_SEVERE = {"owner": "platform", "backup": "data-engineering"}


def line() -> list[dict[str, Any]]:
    """A partition that does not move on; letters that come back for the same reason again and again."""
    return [
        {
            "alert": "PartitionWaits",
            "expr": "max by (group, topic, partition) (mesh_waiting_seconds) > 60",
            "for": "0m",
            "labels": {"severity": "page", **_SEVERE},
            "annotations": {
                "summary": "Partition {{ $labels.partition }} of {{ $labels.topic }} has waited at one record for "
                "{{ $value | humanizeDuration }}.",
                "description": "Nothing is lost, and what is before it is done; its accounts wait. The worker's log "
                "names the offset and why: a schema id that the registry does not tell, or parking that is full. "
                "It goes on by itself.",
                "runbook": "ops/docs/waiting.md",
                "type": "meshline doctor",
            },
        },
        {
            "alert": "LettersRetriedInVain",
            "expr": (
                "sum by (reason) (increase(mesh_letters_retried_total[1h])) > 20 and on (reason) "
                "sum by (reason) (increase(mesh_dead_lettered_total[1h])) > 20"
            ),
            "for": "15m",
            "labels": {"severity": "ticket", **_SEVERE},
            "annotations": {
                "summary": "Letters of {{ $labels.reason }} are sent again by themselves and come back.",
                "description": "Each is tried twice and then waits for a person. What they have in common is told by "
                "their group.",
                "runbook": "ops/docs/waiting.md",
                "type": "meshline case groups",
            },
        },
    ]
