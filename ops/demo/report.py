"""The day's verdict: what was found against what the plan says must be. Pure; every difference in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ops.books.balance import Books, State
from ops.demo.agreement import crm_differences, erp_differences, letter_differences
from ops.demo.readback import Found
from ops.demo.records import Plan
from schemas.records import Drift
from schemas.topics import WEBHOOK

DOORS = {topic.name for topic in WEBHOOK.values()}


@dataclass(frozen=True, slots=True)
class Report:
    """`differences` is empty exactly when the day went as it must."""

    data: Mapping[str, Any]
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def good(self) -> bool:
        return not self.differences


@dataclass(frozen=True, slots=True)
class Doors:
    """What the senders know: deliveries that were answered 202, and answers that were not expected."""

    accepted: int
    surprises: Sequence[str] = ()


def judge(plan: Plan, books: Books, found: Found, doors: Doors, latencies: Sequence[float], now: datetime) -> Report:
    """`latencies`: milliseconds from the change in the source to the verified effect, one per effect."""
    drifts, unexplained = sort_drifts(plan, found.drifts)
    differences = [
        *doors.surprises,
        *_book_differences(plan, books, doors),
        *letter_differences(plan, books),
        *erp_differences(plan, found),
        *crm_differences(plan, found, now.date()),
        *unexplained,
    ]
    totals = _totals(found)
    data: dict[str, Any] = {
        "run": plan.run,
        "seed": plan.seed,
        "accepted": books.accepted,
        "applied": books.count(State.APPLIED),
        "dead_lettered": books.count(State.DEAD_LETTERED),
        "dead_lettered_by_reason": books.by_label(State.DEAD_LETTERED),
        "held": books.count(State.HELD),
        "skipped": books.count(State.SKIPPED),
        "skipped_by_why": books.by_label(State.SKIPPED),
        "in_flight": books.count(State.IN_FLIGHT),
        "lost": books.count(State.LOST),
        "drift": len(found.drifts),
        "drift_by_cause": dict(drifts),
        "drift_closed_during_the_day": found.drifts_closed,
        "erp_orders_expected": len(plan.orders),
        "erp_orders_found": len(found.orders.keys() & plan.orders),
        "erp_customers_found": len(found.customers),
        "duplicates_in_erp": len(found.duplicates),
        "erp_totals": {currency: str(total) for currency, total in sorted(totals.items())},
        "invoices": Counter(one.state for order in found.orders.values() for one in order.invoices),
        "balanced": books.balanced,
        "latency_ms": percentiles(latencies),
        "good": not differences,
        "differences": differences,
    }
    return Report(data, tuple(differences), plan.notes)


def percentiles(values: Iterable[float]) -> dict[str, int]:
    """p50, p95, p99 by nearest rank, whole milliseconds; 0 where there is nothing."""
    ordered = sorted(values)
    if not ordered:
        return {"p50": 0, "p95": 0, "p99": 0}
    return {f"p{part}": round(ordered[-(-part * len(ordered) // 100) - 1]) for part in (50, 95, 99)}


def sort_drifts(plan: Plan, drifts: Iterable[Drift]) -> tuple[Counter[str], list[str]]:
    """Open drifts by cause, and in words what has none: the change by hand must be told, and nothing else unknown."""
    causes: Counter[str] = Counter()
    unexplained: list[str] = []
    for drift in drifts:
        if drift.key == plan.hand_changed and drift.kind == "total_mismatch":
            causes["changed by hand in the ERP"] += 1
        elif drift.kind == "missing_in_erp" and drift.key in plan.letters:
            causes[f"waits for its dead letter: {plan.letters[drift.key]}"] += 1
        else:
            unexplained.append(f"drift nobody caused: {drift.kind} of {drift.entity} {drift.key}: {drift.explanation}")
    if not causes["changed by hand in the ERP"]:
        unexplained.append(f"the total of {plan.hand_changed} was changed by hand in the ERP, and no drift tells it")
    return causes, unexplained


def _book_differences(plan: Plan, books: Books, doors: Doors) -> Iterator[str]:
    for origin in books.lost:
        yield f"lost: {origin} was acknowledged and left no trace"
    yield from books.contradictions
    for state in (State.IN_FLIGHT, State.HELD):
        if books.count(state):
            labels = ", ".join(f"{count} {label}" for label, count in books.by_label(state).items())
            yield f"{books.count(state)} events are still {state.value.replace('_', ' ')}: {labels}"
    arrived = len({one.origin for one in books.standings.values() if one.topic in DOORS})
    expected = doors.accepted + plan.undecodable
    if arrived < expected:
        yield f"the door accepted {doors.accepted} deliveries, {arrived - plan.undecodable} are on its topics"
    unseen = plan.in_crm - {one.key for one in books.standings.values()}
    if unseen:
        yield f"{len(unseen)} CRM rows never became an event, such as {min(unseen)}"


def _totals(found: Found) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for order in found.orders.values():
        totals[order.currency] = totals.get(order.currency, Decimal(0)) + order.total
    return totals
