"""What people do during an acceptance run: one row per flow, seeded. Their hands are the demo's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from ops.acceptance.provider import refunds
from ops.acceptance.sales import customers, invoices, leads, orders, payments
from ops.acceptance.service import billed_alone, credits_, subscriptions, terms
from ops.acceptance.work import Work

LEAST = 20  #: records that touch every flow


@dataclass(frozen=True, slots=True)
class Share:
    """A flow's part of a run, in percent of its records."""

    flow: str
    percent: int
    drive: Callable[[Work, int], None]


#: One row per flow, in the order in which they build upon one another; the witness has rows of its own (`CHECKS`).
SHARES: tuple[Share, ...] = (
    Share("FL1", 18, customers),
    Share("FL2", 5, terms),
    Share("FL3", 34, orders),
    Share("FL4", 6, billed_alone),
    Share("FL5", 6, invoices),
    Share("FL6", 8, payments),
    Share("FL7", 6, credits_),
    Share("FL8", 6, subscriptions),
    Share("FL9", 6, refunds),
    Share("FL10", 5, leads),
)
_TAKES_THE_REST = "FL3"


def plan_work(run: str, seed: int, records: int, today: date) -> Work:
    """`records` of all flows. The same seed gives the same work. ValueError below `LEAST`."""
    if records < LEAST:
        raise ValueError(f"at least {LEAST} records are needed to touch every flow")
    counts = {share.flow: max(1, records * share.percent // 100) for share in SHARES}
    counts[_TAKES_THE_REST] += records - sum(counts.values())
    work = Work(run, Random(seed), today)
    for share in SHARES:
        share.drive(work, counts[share.flow])
    return work
