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

from ops.acceptance.automatic import billing
from ops.acceptance.drive import plan_work
from ops.acceptance.hands import Onlookers
from ops.acceptance.service import BILLED_ALONE
from ops.acceptance.witness.compare import compare
from ops.acceptance.witness.crm import read_crm
from ops.acceptance.witness.erp import Login
from ops.acceptance.witness.found import Found, Sides
from ops.acceptance.witness.ledger import read_erp
from ops.acceptance.work import Work
from ops.demo.accountant import Accountant
from ops.demo.day import OVERRIDES
from ops.demo.erp import Erp
from ops.demo.hands import carry_out
from ops.demo.portal import Senders
from ops.demo.workers import Workers
from ops.prepare import prepare
from streams.runtime.clock import Clock
from streams.runtime.settings import Settings

_PARTS = ("door", "streams", "sinks", "erp-source")
_LOOK_S, _QUIET_S = 3.0, 90.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run. `workers`: start them here; not where they run already. `person` changes the rules."""

    records: int
    seed: int
    workers: bool = True
    person: str = "acceptance"


def run(settings: Settings, home: Path, asked: Asked, clock: Clock, tell: Callable[[str], None]) -> dict[str, Any]:
    """Drive, wait, compare. Raises DemoFailed, ErpUnreadable, Refused, NotLetIn and what `prepare` raises."""
    now = clock()
    tag = format(int(now.timestamp()), "x")
    work = plan_work(tag, asked.seed, asked.records, now.date())
    prepare(settings)
    with ExitStack() as stack:
        workers = stack.enter_context(Workers(home / "acceptance" / tag, OVERRIDES, {}))
        senders = stack.enter_context(Senders(settings, tag, int(now.timestamp()), clock))
        erps = [stack.enter_context(Erp(settings)) for _ in range(2)]
        if asked.workers:
            workers.start(*_PARTS)
        notes = stack.enter_context(billing(settings, work.name("acc", BILLED_ALONE), asked.person, clock))
        stop = threading.Event()
        accountant = Accountant(erps[0], work.billing, now.date())
        onlookers = Onlookers(work.thens, settings.crm_url, erps[1], senders, clock)
        with ThreadPoolExecutor(3) as pool:
            jobs = [
                pool.submit(carry_out, work.lanes, settings.crm_url, senders, lambda _: None),
                pool.submit(accountant.work, stop),
                pool.submit(onlookers.work, stop),
            ]
            try:
                found = _watch(settings, work, jobs, workers, tell)
            finally:
                stop.set()
        found.unexplained += [*onlookers.left, *senders.surprises]
        if accountant.left:
            found.unexplained.append(f"{accountant.left} orders never had an invoice that the accountant could post")
    found.unexplained += notes
    return told(work, asked, found)


def _watch(
    settings: Settings, work: Work, jobs: list[Future[None]], workers: Workers, tell: Callable[[str], None]
) -> Found:
    """Look again and again: until both agree and all work is done, or nothing has changed for long."""
    pause, since, last, took = threading.Event(), time.monotonic(), "", 0.0
    while True:
        pause.wait(max(_LOOK_S, took))  # looking is work for the ERP, too
        workers.check()
        for job in jobs:
            if job.done():
                job.result()
        began = time.monotonic()
        found = look(settings, work)
        took = time.monotonic() - began
        done = all(job.done() for job in jobs)
        state = f"{len(found.compared)} fields, {len(found.mismatches)} differ, {len(found.unexplained)} not there yet"
        tell(state)
        if found.clean and done and not missing(work, found):
            return found
        if state != last:
            since, last = time.monotonic(), state
        if time.monotonic() - since > _QUIET_S:
            return found


def look(settings: Settings, work: Work) -> Found:
    """Both systems as they are now."""
    password = settings.erp_password.get_secret_value()
    login = Login(settings.erp_url, settings.erp_database, settings.erp_user, password)
    return compare(Sides(read_crm(settings.crm_url, work.run), read_erp(login, work.run), work.said))


def missing(work: Work, found: Found) -> list[str]:
    """Flows of which the witness has seen fewer records than were driven, in words."""
    seen = found.flows
    return [
        f"{flow}: {count} records were driven, and the witness saw {seen.get(flow, 0)}"
        for flow, count in sorted(work.driven.items())
        if seen.get(flow, 0) < count
    ]


def told(work: Work, asked: Asked, found: Found) -> dict[str, Any]:
    """The result as data; amounts are texts."""
    return {
        "run": work.run,
        "seed": asked.seed,
        "records": asked.records,
        "flows": found.flows,
        "fields_compared": len(found.compared),
        "mismatches": [one.told() for one in found.mismatches],
        "unexplained": [*found.unexplained, *missing(work, found)],
        "totals_by_currency": {
            currency: {name: str(amount) for name, amount in sorted(sums.items())}
            for currency, sums in sorted(found.totals.items())
        },
    }
