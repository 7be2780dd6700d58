"""Faults at work: strikes workers and brokers, and puts right what is to be put right later."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ops.chaos.delivery.faults import OF_BROKERS, Fault, Kind
from ops.chaos.delivery.fleet import Fleet, Slot, end_process
from ops.local.cluster import Cluster

Tell = Callable[[str], None]
_ZOMBIE_SECONDS = 25.0  #: how long one that was replaced may go on before it is ended


class Striker:
    """Faults overlap; a worker or broker that is struck already is passed over for its neighbour."""

    def __init__(self, fleet: Fleet, cluster: Cluster | None, tell: Tell) -> None:
        self.struck: Counter[Kind] = Counter()
        self.zombies: Counter[str] = Counter()  #: how those that were replaced ended
        self._fleet = fleet
        self._cluster = cluster
        self._tell = tell
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._broker_work: Future[None] | None = None
        self._brokers = ThreadPoolExecutor(1)
        self._extra = 0

    # -- time

    def tend(self) -> None:
        """Do what is due, and start again what ended by itself."""
        now = time.monotonic()
        due = [act for when, act in self._later if when <= now]
        self._later = [(when, act) for when, act in self._later if when > now]
        for act in due:
            act()
        self._fleet.tend()

    def wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tend()
            time.sleep(0.05)

    def put_right(self) -> None:
        """Wait for everything that is to be undone."""
        while self._later or (self._broker_work is not None and not self._broker_work.done()):
            self.wait(0.1)
        self._brokers_free()

    def close(self) -> None:
        self._brokers.shutdown(wait=True)

    def _in(self, seconds: float, act: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, act))

    # -- strikes

    def strike(self, fault: Fault) -> None:
        if fault.kind in OF_BROKERS:
            whom = self._strike_broker(fault)
        elif fault.kind is Kind.REBALANCE:
            whom = self._join_and_leave(fault)
        elif fault.kind is Kind.ROLLING_RESTART:
            whom = self._roll()
        else:
            whom = self._strike_worker(fault)
        self.struck[fault.kind] += 1
        self._tell(f"{fault.kind} {whom}")

    def _strike_worker(self, fault: Fault) -> str:
        slot = self._free_slot(fault.target)
        if fault.kind is Kind.WORKER_KILL:
            self._fleet.end(slot, signal.SIGKILL)
            slot.struck = True
            self._in(fault.hold, lambda: self._return(slot))
            return slot.name
        self._fleet.send(slot, signal.SIGSTOP)
        slot.struck = True
        if fault.kind is Kind.ZOMBIE:
            self._in(fault.hold, lambda: self._replace(slot))
        else:
            self._in(fault.hold, lambda: self._wake(slot))
        return f"{slot.name} for {fault.hold:.1f} s"

    def _free_slot(self, target: int) -> Slot:
        while True:
            free = [slot for slot in self._fleet.slots if not slot.struck and slot.process is not None]
            if free:
                return free[target % len(free)]
            self.wait(0.1)

    def _return(self, slot: Slot) -> None:
        slot.struck = False
        self._fleet.start(slot)

    def _wake(self, slot: Slot) -> None:
        slot.struck = False
        self._fleet.send(slot, signal.SIGCONT)

    def _replace(self, slot: Slot) -> None:
        """A new instance takes its place; the old one wakes up and must find itself fenced."""
        old = slot.process
        self._return(slot)
        if old is not None:
            old.send_signal(signal.SIGCONT)
            self._in(1.0, lambda: self._bury(old, time.monotonic() + _ZOMBIE_SECONDS))

    def _bury(self, zombie: subprocess.Popen[bytes], deadline: float) -> None:
        if zombie.poll() is not None:
            self.zombies["ended by itself"] += 1
        elif time.monotonic() < deadline:
            self._in(0.5, lambda: self._bury(zombie, deadline))
        else:
            self.zombies["was ended"] += 1
            end_process(zombie, signal.SIGKILL)

    def _join_and_leave(self, fault: Fault) -> str:
        self._extra += 1
        slot = Slot(f"x{self._extra}")
        self._fleet.start(slot)
        self._in(fault.hold, lambda: self._leave(slot))
        return f"{slot.name} for {fault.hold:.1f} s"

    def _leave(self, slot: Slot) -> None:
        self._fleet.end(slot, signal.SIGTERM)

    def _roll(self) -> str:
        rolled = []
        for slot in self._fleet.slots:
            if not slot.struck:
                self._fleet.end(slot, signal.SIGTERM)
                self._fleet.start(slot)
                rolled.append(slot.name)
                self.wait(0.3)
        return " ".join(rolled)

    # -- brokers

    def _brokers_free(self) -> None:
        """One broker at a time: with two down, three copies cannot keep their promise, nor can we judge it."""
        while self._broker_work is not None and not self._broker_work.done():
            self.wait(0.1)
        if self._broker_work is not None:
            self._broker_work.result()
            self._broker_work = None

    def _strike_broker(self, fault: Fault) -> str:
        cluster = self._cluster
        assert cluster is not None, "faults of brokers are drawn only where there are some"
        self._brokers_free()
        node = self._node_for(cluster, fault)
        clean = fault.kind is Kind.BROKER_RESTART

        def work() -> None:
            cluster.stop(node) if clean else cluster.kill(node)
            time.sleep(fault.hold)
            cluster.start(node)

        self._broker_work = self._brokers.submit(work)
        return f"node {node}"

    def _node_for(self, cluster: Cluster, fault: Fault) -> int:
        found = None
        if fault.kind is Kind.GROUP_COORDINATOR:
            found = cluster.coordinator("__consumer_offsets", self._fleet.job.group)
        elif fault.kind is Kind.TRANSACTION_COORDINATOR:
            slot = self._fleet.slots[fault.target % len(self._fleet.slots)]
            found = cluster.coordinator("__transaction_state", f"{self._fleet.job.group}-{slot.name}")
        return found if found is not None else cluster.nodes[fault.target % len(cluster.nodes)]
