"""All parts together: up, down, status. Starts what is missing, in parallel where needs allow; stops what is ours."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ops.local import environment, ports, process
from ops.local.errors import LocalPartsError, NotReady, PartFailed
from ops.local.part import Ages, Part, Place
from ops.local.parts import ADVICE, make_parts
from ops.local.paths import Home
from ops.local.record import Record, Secrets

State = Literal["started", "running", "given"]
_GRACE = 20.0  #: seconds between the polite and the forced stop


@dataclass(frozen=True)
class Report:
    """How one part is. `seconds` is what bringing it up took, or since when it runs, in `status`."""

    part: str
    title: str
    state: str
    answers: bool
    port: int | None = None
    pid: int | None = None
    seconds: float = 0.0
    memory_mb: int = 0
    detail: str = ""

    def data(self) -> dict[str, object]:
        return asdict(self)


class Stack:
    """One data folder and its parts. `given` holds the addresses (`MESHLINE_*`) of parts that others run."""

    def __init__(
        self, folder: Path, given: Mapping[str, str] | None = None, make: Callable[[Place], list[Part]] = make_parts
    ) -> None:
        self._make = make
        self.home = Home(folder)
        found = environment.given(os.environ, environment.read(self.home.env)) if given is None else given
        self._record = Record(self.home.record)
        self._place = Place(self.home, self._record, Secrets(self.home.secrets), found)
        self._parts = make(self._place)

    @contextlib.contextmanager
    def _alone(self, waiting: Callable[[], None]) -> Iterator[None]:
        """One `up` or `down` per data folder at a time; the second waits and then finds the work done."""
        self.home.lock.parent.mkdir(parents=True, exist_ok=True)
        with self.home.lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            fresh = Record(self.home.record)  # what the one before us did
            self._record = fresh
            self._place = Place(self.home, fresh, Secrets(self.home.secrets), self._place.given)
            self._parts = self._make(self._place)
            yield

    def up(
        self, tell: Callable[[Report], None], only: Sequence[str] = (), waiting: Callable[[], None] = lambda: None
    ) -> list[Report]:
        """Every part answers when this returns. `tell` is called once per part, as it comes up.

        Raises PartFailed for the first part that did not; those that came up stay up.
        """
        with self._alone(waiting):
            parts = [part for part in self._parts if not only or part.name in self._with_needs(only)]
            for part in parts:
                self._find_ports(part)
            environment.write(self._place, self._parts)
            running: dict[str, Future[Report]] = {}
            with ThreadPoolExecutor(len(parts)) as pool:
                for part in parts:  # listed so that needs come first
                    needs = [running[name] for name in part.needs if name in running]
                    running[part.name] = pool.submit(self._bring_up, part, needs, tell)
            return [future.result() for future in self._failures_first(running.values())]

    def titles(self, only: Sequence[str] = ()) -> list[str]:
        """What `up` brings up, as people call it."""
        return [part.title for part in self._parts if not only or part.name in self._with_needs(only)]

    def _with_needs(self, names: Sequence[str]) -> set[str]:
        wanted: set[str] = set(names)
        for part in reversed(self._parts):
            if part.name in wanted:
                wanted.update(part.needs)
        return wanted

    @staticmethod
    def _failures_first(futures: Iterable[Future[Report]]) -> list[Future[Report]]:
        """The part that failed by itself, before those that failed for want of it."""
        return sorted(futures, key=lambda f: (not isinstance(f.exception(), PartFailed), f.exception() is None))

    def _find_ports(self, part: Part) -> None:
        if process.alive(self._record.process(part.name)):
            return
        for name in part.ports:
            if not ports.is_free(self._record.port(name)):
                self._record.renew_port(name)

    def _is_given(self, part: Part) -> bool:
        return all(key in self._place.given for key in part.given_by)

    def _bring_up(self, part: Part, needs: list[Future[Report]], tell: Callable[[Report], None]) -> Report:
        began = time.monotonic()
        state: State = "given"
        if not self._is_given(part):
            try:
                state = self._start(part, needs)
            except LocalPartsError as error:
                raise self._failed(part, str(error)) from error
            except OSError as error:
                raise self._failed(part, f"{type(error).__name__}: {error}") from error
        started = self._record.process(part.name)
        report = Report(
            part.name, part.title, state, True, self._port(part), started.pid if started else None,
            round(time.monotonic() - began, 2),
        )  # fmt: skip
        tell(report)
        return report

    def _start(self, part: Part, needs: list[Future[Report]]) -> State:
        started, state = self._record.process(part.name), "running"
        if started is not None and process.alive(started):
            self._wait_for(needs)
            if isinstance(part, Ages) and part.outdated():
                part.prepare()  # while the old one still serves
                process.stop(started, part.stop_signal, _GRACE)
        if not process.alive(started):
            state = "started"
            part.prepare()
            self._wait_for(needs)
            part.prime()
            self._record.started(part.name, process.start(part.command(), part.logs[-1]))
        self._await_answer(part)
        part.settle()
        return "started" if state == "started" else "running"

    @staticmethod
    def _wait_for(needs: list[Future[Report]]) -> None:
        for need in needs:
            need.result()

    def _await_answer(self, part: Part) -> None:
        deadline = time.monotonic() + part.patience
        while True:
            try:
                part.probe()
                return
            except NotReady as error:
                if not process.alive(self._record.process(part.name)):
                    self._record.stopped(part.name)
                    raise LocalPartsError("its process ended while starting") from error
                if time.monotonic() > deadline:
                    raise LocalPartsError(f"no answer after {part.patience:.0f} s: {error}") from error
            time.sleep(0.1)

    def _failed(self, part: Part, problem: str) -> PartFailed:
        lines = [line for log in part.logs for line in process.last_lines(log)][-15:]
        return PartFailed(part.title, problem, lines, ADVICE.get(part.name, ADVICE["any"]).format(log=part.logs[0]))

    def _port(self, part: Part) -> int | None:
        return None if self._is_given(part) else self._record.port(part.ports[0])

    def status(self) -> list[Report]:
        """Each part is asked now. Changes nothing."""
        with ThreadPoolExecutor(len(self._parts)) as pool:
            return list(pool.map(self._look, self._parts))

    def _look(self, part: Part) -> Report:
        started = self._record.process(part.name)
        found = process.find(started)
        if self._is_given(part):
            problem = self._ask(part)
            return Report(part.name, part.title, "given", not problem, detail=problem or "yours")
        if found is None:
            gone = "its process is gone" if started else "not started"
            return Report(part.name, part.title, "down", False, detail=f"{gone}: run `meshline up`")
        since, memory = round(time.time() - found.create_time(), 1), process.memory_mb(started)
        problem = self._ask(part, deeper=True)
        return Report(
            part.name, part.title, "running", not problem, self._port(part), found.pid, since, memory, problem
        )

    @staticmethod
    def _ask(part: Part, deeper: bool = False) -> str:
        """What is wrong with it; empty when it answers."""
        try:
            part.probe()
            if deeper:
                part.examine()
        except LocalPartsError as error:
            return str(error)
        return ""

    def down(
        self, tell: Callable[[Report], None], wipe: bool = False, waiting: Callable[[], None] = lambda: None
    ) -> list[Report]:
        """Stop what this stack started, dependants first. `wipe` also removes the data folder."""
        with self._alone(waiting):
            reports = [self._stop(part, tell) for part in reversed(self._parts)]
            if wipe:
                for part in self._parts:
                    part.forget()
                shutil.rmtree(self.home.folder, ignore_errors=True)
            return reports

    def _stop(self, part: Part, tell: Callable[[Report], None]) -> Report:
        began, started = time.monotonic(), self._record.process(part.name)
        was = started is not None and process.stop(started, part.stop_signal, _GRACE)
        if started is not None:
            self._record.stopped(part.name)
        report = Report(
            part.name, part.title, "stopped" if was else "down", False, seconds=round(time.monotonic() - began, 2)
        )
        if was:
            tell(report)
        return report


def as_json(reports: Sequence[Report]) -> str:
    return json.dumps({"parts": [report.data() for report in reports]})
