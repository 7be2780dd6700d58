"""What each verb of a replay gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from ops.cases.answers import Answer
from ops.replay.course import Counts
from ops.replay.order import Item


class JobLine(Answer):
    """A job and how its letters stand. `needs`: why a second person must agree before it runs, "" where none must."""

    job_id: str
    state: str
    why: str
    created_by: str
    created_at: datetime
    ended_at: datetime | None
    runner: str
    note: str
    needs: str
    approved_by: str
    redirect: str
    patch: str
    canary: int
    rate: float
    selection: dict[str, Any]
    letters: int
    waiting: int
    sent: int
    applied: int
    skipped: int
    held: int
    failed: int
    redirected: int
    left: int

    @property
    def good(self) -> bool:
        """Every letter came to a good end."""
        return self.state == "done" and not self.failed and not self.left


class JobItem(Answer):
    letter_id: str
    record: str
    stage: str
    state: str
    note: str
    edit_id: str


class JobPage(Answer):
    jobs: list[JobLine]


class JobWhole(JobLine):
    items: list[JobItem]


class Step(Answer):
    """What a person did to a job, and where it stands now."""

    job_id: str
    state: str
    note: str = ""


class WouldChange(Answer):
    field: str
    now: str
    then: str


class WouldCall(Answer):
    """The first call that would change the target; `then` are the steps that follow it."""

    method: str
    body: Any
    then: list[str]


class WouldBe(Answer):
    """What sending one letter would come to."""

    letter_id: str
    record: str
    says: str
    reason: str
    detail: str
    call: WouldCall | None
    diff: list[WouldChange]


class Previewed(Answer):
    """`preview` is the mark of what was seen: an approval is for this and nothing else."""

    preview: str
    letters: int
    verdicts: dict[str, int]
    items: list[WouldBe]
    revealed: bool

    @property
    def good(self) -> bool:
        """None would fail, and none is unknown."""
        return not (self.verdicts.get("fail") or self.verdicts.get("unknown"))


class UndoneItem(Answer):
    """`command_id`: the undo's own; `note`: why nothing is undone."""

    letter_id: str
    record: str
    done: bool
    note: str
    command_id: str


class Undone(Answer):
    """Commands that write back what was there are on their way; the sink reads each of them back."""

    job_id: str
    items: list[UndoneItem]


class Version(Answer):
    """A version of a letter; `changes` has field, level, before and after, personal data masked."""

    edit_id: str
    letter_id: str
    number: int
    level: str
    changes: list[dict[str, Any]]
    why: str
    edited_by: str
    edited_at: datetime


class Versions(Answer):
    letter_id: str
    versions: list[Version]


def job_line(job: Any, counts: Counts) -> JobLine:
    """From the job's row."""
    return JobLine(**_columns(job, counts))


def job_whole(job: Any, items: Sequence[Item]) -> JobWhole:
    """From the job's row and its items."""
    return JobWhole(**_columns(job, Counts.of(items)), items=list(_items(items)))


def _columns(job: Any, counts: Counts) -> dict[str, Any]:
    known = {name: value for name, value in job._mapping.items() if name in JobLine.model_fields}
    return known | {name: getattr(counts, name) for name in Counts.__slots__} | {"letters": counts.total}


def _items(items: Iterable[Item]) -> Iterable[JobItem]:
    for one in items:
        values = {name: getattr(one, name) for name in ("letter_id", "record", "stage", "note", "edit_id")}
        yield JobItem(**values, state=one.state.value)
