"""A campaign from start to verdict."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from ops.chaos.delivery import ledger
from ops.chaos.delivery.campaign import Campaign
from ops.chaos.delivery.errors import ChaosError
from ops.chaos.delivery.faults import KILLS, Fault, draw
from ops.chaos.delivery.fleet import Fleet, Job
from ops.chaos.delivery.judge import STUCK, Finding, Verdict, judge, triage
from ops.chaos.delivery.stage import Loading, Topics, observe
from ops.chaos.delivery.strike import Striker
from ops.chaos.delivery.tamper import objections
from ops.local.cluster import Cluster

Tell = Callable[[str], None]


@dataclass
class Outcome:
    """What came of a campaign. `where`: the folder with ledgers and logs, kept when something was found."""

    campaign: Campaign
    verdict: Verdict
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    own_ends: Counter[str] = field(default_factory=Counter)
    zombies: Counter[str] = field(default_factory=Counter)
    last_seen: Counter[str] = field(default_factory=Counter)
    judge_objects: dict[str, bool] = field(default_factory=dict)  #: to the same ledgers, tampered with
    seconds: float = 0.0
    where: Path | None = None

    @property
    def clean(self) -> bool:
        return self.verdict.clean(exactly_once=self.campaign.exactly_once)


def carry_out(campaign: Campaign, tell: Tell, *, bootstrap: str | None = None, layer: Path | None = None) -> Outcome:
    """Everything it started is ended when this returns. `layer`: a folder with another `streams` for the workers.

    Raises ChaosError, LocalPartsError or KafkaException when there can be no verdict.
    """
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="meshline-chaos-"))
    try:
        with _brokers(campaign, folder / "cluster", bootstrap, tell) as (address, cluster):
            tag = f"chaos-{uuid4().hex[:8]}"
            topics = Topics(address, tag, campaign.partitions, 3 if campaign.brokers == 3 else 1)
            topics.make()
            try:
                outcome = Run(campaign, topics, cluster, folder, layer, tell).to_the_verdict()
            finally:
                topics.remove()
    except BaseException:
        tell(f"logs and ledgers are in {folder}")
        raise
    outcome.seconds = round(time.monotonic() - begun, 1)
    if outcome.clean:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        outcome.where = folder
    return outcome


@contextmanager
def _brokers(
    campaign: Campaign, folder: Path, bootstrap: str | None, tell: Tell
) -> Iterator[tuple[str, Cluster | None]]:
    if not campaign.brokers:
        if bootstrap is None:
            raise ChaosError("a campaign without brokers of its own needs the address of some")
        yield bootstrap, None
        return
    tell(f"starting {campaign.brokers} broker(s)")
    with Cluster(folder, campaign.brokers) as cluster:
        yield cluster.bootstrap, cluster


class Run:
    """One campaign on its stage."""

    def __init__(
        self, campaign: Campaign, topics: Topics, cluster: Cluster | None, folder: Path, layer: Path | None, tell: Tell
    ) -> None:
        self._campaign = campaign
        self._topics = topics
        self._folder = folder
        self._tell = tell
        self._faults = draw(campaign)
        job = Job(topics.bootstrap, topics.group, topics.input, topics.output, folder, layer, self._rate())
        self._job = job
        self._fleet = Fleet(campaign, job)
        self._striker = Striker(self._fleet, cluster, self._strike_told)
        self._at = 0

    def _share(self) -> float:
        """Records per fault: the loader goes on in step with the faults, so that each falls into work."""
        return self._campaign.messages / (len(self._faults) + 1)

    def _rate(self) -> float:
        """Agents take their time while there are faults, so that cycles are long enough to be struck in."""
        mean_gap = sum(fault.gap for fault in self._faults) / len(self._faults) if self._faults else 1.0
        return max(200.0, 2 * self._share() / mean_gap / self._campaign.workers) if self._faults else 0.0

    def _strike_told(self, words: str) -> None:
        passed = self._topics.passed()
        progress = f"{passed:,} passed" if passed >= 0 else "the group does not answer"
        self._tell(f"{self._at:>4}/{len(self._faults)}  {words}  ({self._loading.acknowledged:,} sent, {progress})")

    def to_the_verdict(self) -> Outcome:
        campaign, inputs = self._campaign, self._folder / "inputs.sqlite"
        with ExitStack() as stack:
            self._loading = Loading(self._topics, inputs, campaign.seed, campaign.messages, campaign.keys)
            stack.enter_context(closing(self._loading))
            stack.callback(self._fleet.end_all, signal.SIGKILL)
            stack.enter_context(closing(self._striker))
            self._loading.allow(int(self._share()))
            self._fleet.start_all()
            self._topics.await_passed(1, 90, lambda: self._striker.wait(0.1))
            for fault in self._in_time(self._faults):
                self._at += 1
                self._loading.allow(int(self._share() * (self._at + 1)))
                self._striker.strike(fault)
                self._striker.wait(fault.gap)
            left = self._calm_down()
            codes = self._fleet.end_all(signal.SIGTERM)
        if set(codes) - {0, -signal.SIGTERM}:  # one that was only just starting has no handler yet
            self._fleet.own_ends[f"asked to stop at the end: exit codes {codes}"] += 1
        return self._outcome(inputs, left)

    def _in_time(self, faults: list[Fault]) -> Iterator[Fault]:
        deadline = None if self._campaign.bound is None else time.monotonic() + self._campaign.bound
        for fault in faults:
            if deadline is not None and time.monotonic() > deadline:
                self._tell(f"the time for faults is over after {self._at} of {len(faults)}")
                return
            yield fault

    def _calm_down(self) -> dict[int, tuple[int, int]]:
        """Put everything right, send the rest, and let quick workers finish it: what they leave undone is stuck."""
        campaign = self._campaign
        self._striker.put_right()
        self._loading.allow(campaign.messages)
        self._loading.finish(300)
        if self._job.rate:
            for slot in self._fleet.slots:
                self._fleet.end(slot, signal.SIGTERM)
            self._fleet.job = Job(**{**vars(self._job), "rate": 0.0})
            self._fleet.start_all()
        self._tell(f"the faults are over; {self._topics.passed():,} of {self._loading.acknowledged:,} are passed")
        return self._topics.await_finished(campaign.patience, lambda: self._striker.wait(0.2))

    def _outcome(self, inputs: Path, left: dict[int, tuple[int, int]]) -> Outcome:
        outputs = self._folder / "outputs.sqlite"
        closed = observe(self._topics, outputs)
        self._tell("both ledgers are complete; judging")
        verdict = judge(ledger.sent(inputs), ledger.seen(outputs))
        for partition, (committed, end) in left.items():
            words = f"input partition {partition} stayed at offset {committed} of {end}: nobody works on it"
            verdict.add(Finding(STUCK, -1, -1, words))
        if not closed:
            verdict.add(Finding(STUCK, -1, -1, "a transaction on the output stayed open: readers see no further"))
        outcome = Outcome(self._campaign, verdict)
        if not verdict.counts:
            outcome.judge_objects = objections(lambda: ledger.sent(inputs), lambda: ledger.seen(outputs))
        if verdict.missing:
            dirty = self._folder / "uncommitted.sqlite"
            observe(self._topics, dirty, "read_uncommitted")
            outcome.last_seen = triage(verdict.missing, {(one.key, one.seq) for one in ledger.seen(dirty)})
        outcome.faults = Counter({str(kind): count for kind, count in self._striker.struck.items()})
        outcome.kills = sum(count for kind, count in self._striker.struck.items() if kind in KILLS)
        outcome.own_ends, outcome.zombies = self._fleet.own_ends, self._striker.zombies
        return outcome
