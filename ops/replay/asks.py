"""What is asked of a replay: which letters, why, and how carefully."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from ops.cases.asks import Ask, Id, Limit, Why
from schemas.reasons import Reason


class Selection(Ask):
    """Letters that match all that is given. `until` is exclusive; both times are about the last failure.

    Only letters with an open case are chosen, but those in `ids` (their first characters do) in any case.
    """

    ids: tuple[Id, ...] = ()
    reason: Reason | None = None
    key: str | None = None
    entity: str | None = None
    account_id: str | None = None
    group: Id | None = None
    schema_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Selection:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("say which letters: --id, --reason, --key, --entity, --group, --since, ...")
        return self


class NewJob(Ask):
    """`canary`: so many letters first; the others follow when each of them had a good end. `rate`: letters a second.

    `detach`: the cases worker runs it; otherwise whoever asks does. `to`: a topic that takes the letters instead of
    their own stage, among those that `MESHLINE_REPLAY__REDIRECTS` allows.
    """

    selection: Selection
    why: Why
    canary: Annotated[int, Field(ge=0, le=1000)] = 0
    rate: Annotated[float, Field(gt=0, le=10_000)] = 50.0
    detach: bool = True
    to: Annotated[str, Field(max_length=249, pattern=r"^[\w.-]*$")] = ""


class ListJobs(Ask):
    limit: Limit = 20


class OneJob(Ask):
    """`job_id` may be its first characters."""

    job_id: Id


class Steer(OneJob):
    why: Why


class Resume(Steer):
    """`detach` as in `NewJob`."""

    detach: bool = True


class LookAhead(Ask):
    """A selection, or the letters that a job has not sent yet. `reveal` shows personal data, and is audited."""

    selection: Selection | None = None
    job_id: Id | None = None
    reveal: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> LookAhead:
        if (self.selection is None) == (self.job_id is None):
            raise ValueError("say which letters, or which job")
        return self


class Approve(OneJob):
    """`preview`: the mark of the preview that is agreed to."""

    preview: Id
    why: Why


class OneLetter(Ask):
    """`letter_id` may be its first characters."""

    letter_id: Id


class EditLetter(OneLetter):
    """`fields`: dotted field -> its new value, null for none. Items of lists by number: `lines.0.sku`."""

    fields: Annotated[dict[str, str | None], Field(min_length=1, max_length=50)]
    why: Why


class Undo(OneJob):
    """`ids`: only these letters of the job, by their first characters; none is all of them."""

    ids: tuple[Id, ...] = ()
    why: Why
