"""One acceptance run: workers start, people work, and the witness looks until both systems agree or nothing moves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.acceptance.drive import Work, plan_work
from ops.acceptance.witness.compare import Found, compare
from ops.acceptance.witness.crm import read_crm
from ops.acceptance.witness.erp import Login, read_erp
from ops.demo.accountant import Accountant
from ops.demo.day import OVERRIDES
from ops.demo.erp import Erp
from ops.demo.hands import carry_out
from ops.demo.portal import Senders
from ops.demo.workers import Workers
from ops.prepare import prepare
from streams.runtime.clock import Clock
from streams.runtime.settings import Settings

_PARTS = ("streams", "sinks", "erp-source")
_LOOK_S, _QUIET_S = 3.0, 90.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run. `workers`: start them here; not where they run already."""

    records: int
    seed: int
    workers: bool = True


def run(settings: Settings, home: Path, asked: Asked, clock: Clock, tell: Callable[[str], None]) -> dict[str, Any]:
    """Drive, wait, compare. Raises DemoFailed, ErpUnreadable and what `prepare` raises."""
    now = clock()
    tag = format(int(now.timestamp()), "x")
    work = plan_work(tag, asked.seed, asked.records, now.date())
    prepare(settings)
    with ExitStack() as stack:
        workers = stack.enter_context(Workers(home / "acceptance" / tag, OVERRIDES, {}))
        senders = stack.enter_context(Senders(settings, tag, int(now.timestamp()), clock))
        erp = stack.enter_context(Erp(settings))
        if asked.workers:
            workers.start(*_PARTS)
        stop = threading.Event()
        accountant = Accountant(erp, work.billing, now.date())
        with ThreadPoolExecutor(2) as pool:
            jobs = [
                pool.submit(carry_out, work.lanes, settings.crm_url, senders, lambda _: None),
                pool.submit(accountant.work, stop),
            ]
            try:
                found = _watch(settings, work, jobs, workers, tell)
            finally:
                stop.set()
    return told(work, asked, found)


def _watch(
    settings: Settings, work: Work, jobs: list[Future[None]], workers: Workers, tell: Callable[[str], None]
) -> Found:
    """Look again and again: until both agree and all work is done, or nothing has changed for long."""
    pause, since, last = threading.Event(), time.monotonic(), ""
    while True:
        pause.wait(_LOOK_S)
        workers.check()
        for job in jobs:
            if job.done():
                job.result()
        found = look(settings, work.run)
        done = all(job.done() for job in jobs)
        state = f"{len(found.compared)} fields, {len(found.mismatches)} differ, {len(found.unexplained)} not there yet"
        tell(state)
        if found.clean and done and complete(work, found):
            return found
        if state != last:
            since, last = time.monotonic(), state
        if time.monotonic() - since > _QUIET_S:
            return found


def look(settings: Settings, run_: str) -> Found:
    """Both systems as they are now."""
    password = settings.erp_password.get_secret_value()
    login = Login(settings.erp_url, settings.erp_database, settings.erp_user, password)
    return compare(read_crm(settings.crm_url, run_), read_erp(login, run_))


def complete(work: Work, found: Found) -> bool:
    """Whether the witness has seen every account and every deal of the work."""
    return found.records["FL1"] == len(work.accounts) and found.records["FL3"] == len(work.deals)


def told(work: Work, asked: Asked, found: Found) -> dict[str, Any]:
    """The result as data; amounts are texts."""
    missing = [] if complete(work, found) else [f"the witness saw {found.records} of the records that were driven"]
    return {
        "run": work.run,
        "seed": asked.seed,
        "records": asked.records,
        "flows": flows_of(found),
        "fields_compared": len(found.compared),
        "mismatches": [one.told() for one in found.mismatches],
        "unexplained": [*found.unexplained, *missing],
        "totals_by_currency": {
            currency: {name: str(amount) for name, amount in sorted(sums.items())}
            for currency, sums in sorted(found.totals.items())
        },
    }


def flows_of(found: Found) -> dict[str, int]:
    """Records by flow, as the witness saw them."""
    seen: dict[str, set[str]] = {}
    for one in found.compared:
        if one.flow != "totals":
            seen.setdefault(one.flow, set()).add(one.record)
    return {flow: len(records) for flow, records in sorted(seen.items())}
