"""The order of a day: start the workers, let everybody do their work at once, let trouble happen, wait, read back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from ops.books.balance import PARKED, Books, State
from ops.books.reader import BooksReader, offsets_at
from ops.demo.accountant import Accountant
from ops.demo.erp import Erp
from ops.demo.erp_proxy import ErpProxy
from ops.demo.errors import DemoFailed
from ops.demo.hands import carry_out
from ops.demo.mishaps import Mishap, alone, change_by_hand, mishaps
from ops.demo.plan import plan_day
from ops.demo.portal import Senders
from ops.demo.progress import Progress
from ops.demo.readback import Found, read_crm, read_erp
from ops.demo.report import Doors, Report, judge
from ops.demo.workers import PARTS, Workers
from ops.prepare import prepare
from reconciler.history import read_history
from schemas.codec import Codec
from schemas.registry import ConfluentRegistry
from schemas.topics import DRIFT
from streams.runtime.clock import Clock
from streams.runtime.settings import Settings

#: A day in a minute: holds expire and drift is judged after seconds, not hours.
OVERRIDES: Mapping[str, str] = {
    "MESHLINE_WORKER__HOLD_FOR": "PT25S",
    "MESHLINE_WORKER__LINE_GRACE": "PT25S",
    "MESHLINE_WORKER__HOLD_POLL": "PT0.5S",
    "MESHLINE_WORKER__LINGER": "PT0.1S",
    "MESHLINE_SINK__TIMEOUT": "PT8S",
    "MESHLINE_SINK__CONCURRENCY": "6",
    "MESHLINE_SINK__BREAKER_PAUSE": "PT1S",
    "MESHLINE_RECONCILER__GRACE": "PT10S",
    "MESHLINE_RECONCILER__IDLE": "PT3S",
    # The ERP's backlog is long beside that grace: what only waits its turn must not hold billing of the rest.
    "MESHLINE_RECONCILER__BILLING_HOLD_LEAST": "1000",
}
_LATE_S = 10.0  # longer than the sinks' timeout above
_LOOK_S = 2.0
_QUIET_S = 30.0
_SETTLE_S = 600.0
_AGREE_S = 90.0


@dataclass(frozen=True, slots=True)
class Size:
    seed: int
    accounts: int
    opportunities: int


class Day:
    """One run. Raises DemoFailed, BooksUnreadable and what `prepare` raises."""

    def __init__(self, settings: Settings, home: Path, size: Size, clock: Clock, progress: Progress) -> None:
        self._settings, self._clock, self._progress = settings, clock, progress
        now = clock()
        number = int(now.timestamp())
        self._plan = plan_day(_tag(number), number, size.seed, size.accounts, size.opportunities, now.date())
        self._number = number
        self._changed = False  #: by hand, in the ERP
        self._last_seen = (0, 0.0)  #: events accepted, and when that last changed
        self._folder = home / "demo" / self._plan.run

    def run(self) -> Report:
        settings, plan = self._settings, self._plan
        prepare(settings)
        starts = offsets_at(settings)
        with ExitStack() as stack:
            books = stack.enter_context(BooksReader(settings, starts))
            proxy = stack.enter_context(ErpProxy(settings.erp_url))
            erp = stack.enter_context(Erp(settings))
            workers = stack.enter_context(Workers(self._folder, OVERRIDES, {"sinks": {"MESHLINE_ERP_URL": proxy.url}}))
            senders = stack.enter_context(Senders(settings, plan.run, self._number, self._clock))
            self._progress.tell(f"run {plan.run}, seed {plan.seed}; the workers' logs are in {self._folder}")
            workers.start(*PARTS)
            trouble = mishaps(workers, proxy, settings, _LATE_S)
            self._live(books, workers, senders, erp, trouble)
            self._progress.tell(f"the ERP left {proxy.refused} calls unanswered and answered {proxy.delayed} too late")
            self._change_by_hand()  # if it had to wait until now
            return self._agree(books, workers, senders, erp)

    def _live(self, books: BooksReader, workers: Workers, senders: Senders, erp: Erp, trouble: list[Mishap]) -> None:
        """Until everything that was to happen has happened, and nothing is in flight."""
        plan, stop = self._plan, threading.Event()
        accountant = Accountant(erp, plan.billing, self._clock().date())
        with ThreadPoolExecutor(2) as pool:
            try:
                jobs = [pool.submit(self._work, senders), pool.submit(accountant.work, stop)]
                self._until(lambda found: self._through(found, books, workers, jobs, trouble), books, _SETTLE_S)
            finally:
                stop.set()

    def _work(self, senders: Senders) -> None:
        plan, settings = self._plan, self._settings
        for name, lanes in (("morning", plan.morning), ("afternoon", plan.afternoon)):
            steps = sum(len(lane.steps) for lane in lanes)
            carry_out(lanes, settings.crm_url, senders, lambda _: None)
            self._progress.tell(f"{name}: {steps} things were done in the CRM and sent to the door")

    def _through(
        self, found: Books, books: BooksReader, workers: Workers, jobs: list[Future[None]], trouble: list[Mishap]
    ) -> bool:
        workers.check()
        for job in jobs:
            if job.done():
                job.result()
        orders = [effect.event_id for effect in books.ledger.effects(found) if effect.kind == "order.place"]
        placed = len(orders)
        # What is parked behind a letter waits for people, and nobody solves letters here.
        waits = found.count(State.HELD) - found.by_label(State.HELD).get(PARKED, 0)
        settled = found.settled and not waits
        idle = settled and jobs[0].done()  # no more orders will come, so do not wait for them
        while trouble and (idle or placed >= trouble[0].due * len(self._plan.orders)):
            mishap = trouble.pop(0)
            self._progress.tell(mishap.words)
            mishap.happen()
        if jobs[0].done() and alone(self._plan, found, orders):
            self._change_by_hand()
        self._progress.count(
            f"{found.accepted} in, {found.count(State.APPLIED)} applied, {found.count(State.DEAD_LETTERED)} letters, "
            f"{found.count(State.HELD)} held, {found.count(State.SKIPPED)} skipped, "
            f"{found.count(State.IN_FLIGHT)} in flight; {placed} of {len(self._plan.orders)} orders"
        )
        return settled and not trouble and (all(job.done() for job in jobs) or self._quiet(found))

    def _change_by_hand(self) -> None:
        if not self._changed and change_by_hand(self._settings, self._plan.hand_changed):
            self._changed = True
            self._progress.tell(f"somebody changes the total of {self._plan.hand_changed} in the ERP by hand")

    def _quiet(self, found: Books) -> bool:
        """Whether nothing at all has arrived for so long that what is not there will not come."""
        if found.accepted != self._last_seen[0]:
            self._last_seen = (found.accepted, self._progress.seconds)
        return self._progress.seconds - self._last_seen[1] > _QUIET_S

    def _agree(self, books: BooksReader, workers: Workers, senders: Senders, erp: Erp) -> Report:
        """Until both sides say what they must, or long enough."""
        reports: list[Report] = []

        def agreed(found: Books) -> bool:
            workers.check()
            reports[:] = [self._report(found, books, senders, erp)]
            self._progress.count(f"reading back: {len(reports[0].differences)} differences")
            return found.settled and reports[0].good

        self._until(agreed, books, _AGREE_S)
        return reports[0]

    def _report(self, found: Books, books: BooksReader, senders: Senders, erp: Erp) -> Report:
        effects = [one for one in books.ledger.effects(found) if one.outcome == "applied"]
        latencies = [(one.applied_at - one.occurred_at).total_seconds() * 1000 for one in effects]
        doors = Doors(senders.accepted, tuple(senders.surprises))
        return judge(self._plan, found, self._read_back(erp), doors, latencies, self._clock())

    def _read_back(self, erp: Erp) -> Found:
        settings, plan = self._settings, self._plan
        orders, customers, duplicates = read_erp(erp, plan)
        accounts, deals, balances = read_crm(settings.crm_url, plan)
        codec = Codec(ConfluentRegistry(settings.registry_url))
        history = read_history(settings.bootstrap, f"{settings.worker.group}.demo", DRIFT, codec)
        ours = plan.accounts.keys() | plan.opportunities.keys() | plan.letters.keys()
        drifts = tuple(one for one in history.open() if one.key in ours)
        closed = sum(one.key in ours and one.status == "closed" for one in history.last())
        return Found(orders, customers, duplicates, accounts, deals, balances, drifts, closed)

    def _until(self, done: Callable[[Books], bool], books: BooksReader, deadline_s: float) -> None:
        end = self._progress.seconds + deadline_s
        pause = threading.Event()
        while not done(books.read()):
            if self._progress.seconds > end:
                self._progress.tell(f"[red]not settled after {deadline_s:.0f} s[/]; the report says what is missing")
                return
            pause.wait(_LOOK_S)


def _tag(number: int) -> str:
    """A short name from the time: base 36, so that runs sort."""
    digits, text = "0123456789abcdefghijklmnopqrstuvwxyz", ""
    while number:
        number, digit = divmod(number, 36)
        text = digits[digit] + text
    return text


__all__ = ["OVERRIDES", "Day", "DemoFailed", "Size"]
