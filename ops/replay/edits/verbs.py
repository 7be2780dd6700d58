"""The verbs about versions of a letter."""

from __future__ import annotations

from typing import Any

from ops.access.people import Actor
from ops.audit.store import append
from ops.cases import finding
from ops.cases.desk import Desk
from ops.cases.errors import BadAsk, NotNow
from ops.cases.reading import view_from_row
from ops.replay import answers, asks
from ops.replay.edits.change import Edited, edited
from ops.replay.edits.levels import Level, highest, rules
from ops.replay.edits.store import edit_row, newest_edits, numbers_of, put_edits, under_way, versions_of
from schemas.reasons import Reason

SENSITIVE = "letter.edit_sensitive"


async def edit(desk: Desk, actor: Actor, ask: asks.EditLetter) -> answers.Version:
    """Change fields of a letter's record before it is sent again; the original is kept beside the new version."""
    async with desk.database.connect() as connection:
        row = await finding.one_letter(connection, ask.letter_id)
    levels = levels_of(Reason(row.reason), ask.fields)
    if highest(levels.values()) is Level.SENSITIVE:
        await desk.admit(actor, SENSITIVE, ask)
    now = desk.clock()
    async with desk.database.begin() as connection:
        await connection.exec_driver_sql(f"select pg_advisory_xact_lock({_TURN})")  # versions are made one by one
        row = await finding.one_letter(connection, row.letter_id)
        if row.family != "mesh":
            raise BadAsk(f"it was written by {row.family}: it is corrected there")
        job = await under_way(connection, row.letter_id)
        if job:
            raise NotNow(f"the job {job} sends it now: meshline dlq cancel {job}")
        last = (await newest_edits(connection, [row.letter_id])).get(row.letter_id)
        made = _made(desk, row, last, ask.fields)
        number = (await numbers_of(connection, [row.letter_id])).get(row.letter_id, 0) + 1
        kept = edit_row(
            row,
            last,
            made,
            levels,
            highest(levels.values()),
            edit_id=desk.new_id(),
            number=number,
            job_id="",
            why=ask.why,
            by=actor.name,
            at=now,
        )
        await put_edits(connection, [kept])
        after = {**made.after, "version": number, "edit_id": kept["edit_id"]}
        act = desk.act(actor, "letter.edit", row.letter_id, ask.why, before=dict(made.before), after=after)
        await append(connection, act, now, desk.audit_key)
    return version(kept)


async def list_versions(desk: Desk, actor: Actor, ask: asks.OneLetter) -> answers.Versions:
    """What people changed in a letter, version by version; personal data is masked."""
    async with desk.database.connect() as connection:
        row = await finding.one_letter(connection, ask.letter_id)
        found = await versions_of(connection, row.letter_id)
    return answers.Versions(letter_id=row.letter_id, versions=[version(one._mapping) for one in found])


def levels_of(reason: Reason, fields: Any) -> dict[str, Level]:
    """The level of each field. Raises BadAsk for a locked one."""
    levels = {path: rules().level(reason, path) for path in fields}
    locked = [path for path, level in levels.items() if level is Level.LOCKED]
    if locked:
        raise BadAsk(f"{locked[0]} is locked in letters with the reason {reason.value}: nobody may change it")
    return levels


def version(row: Any) -> answers.Version:
    """A version's row as people see it."""
    return answers.Version(**{name: row[name] for name in answers.Version.model_fields})


def _made(desk: Desk, row: Any, last: Any, fields: Any) -> Edited:
    value = last.value if last is not None else row.message_value
    return edited(view_from_row(row).original.topic, value, fields, desk.codec)


_TURN = 7420936
