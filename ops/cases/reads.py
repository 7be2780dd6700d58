"""The verbs that look: letters, cases, groups."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ops.access.people import Actor
from ops.access.roles import may
from ops.audit.store import AuditQuery, append, search
from ops.cases import answers, asks, finding
from ops.cases.desk import Desk
from ops.cases.masking import masked
from ops.cases.reading import record_in, view_from_row
from ops.cases.states import State, moves
from ops.cases.suggest import suggestions_for
from ops.cases.tables import billing_holds, case_comments
from ops.parking.reads import behind_letter
from schemas.headers import foreign_headers
from schemas.reasons import Reason, catalogue

REVEAL = "letter.reveal"


async def list_letters(desk: Desk, actor: Actor, ask: asks.ListLetters) -> answers.LetterPage:
    """Dead letters, the newest first."""
    async with desk.database.connect() as connection:
        total, rows = await finding.page_of_letters(connection, ask)
        counts = await finding.replay_counts(connection, [row.letter_id for row in rows])
    return answers.LetterPage(total=total, letters=[answers.LetterLine(**_line(row, counts)) for row in rows])


async def show_letter(desk: Desk, actor: Actor, ask: asks.ShowLetter) -> answers.LetterWhole:
    """One letter with its record; personal data is masked, or revealed to who may and audited."""
    if ask.reveal:
        await desk.admit(actor, REVEAL, ask)
    async with desk.database.begin() as connection:
        row = await finding.one_letter(connection, ask.letter_id)
        counts = await finding.replay_counts(connection, [row.letter_id])
        behind, since = await behind_letter(connection, row.letter_id)
        if ask.reveal:
            act = desk.act(actor, REVEAL, row.letter_id, "personal data was shown")
            await append(connection, act, desk.clock(), desk.audit_key)
    letter = view_from_row(row)
    headers = {
        name: (value or b"").decode("utf-8", "backslashreplace")
        for name, value in foreign_headers(letter.original.headers)
    }
    return answers.LetterWhole(
        **_line(row, counts),
        topic=row.topic,
        partition=row.partition,
        offset=row.offset,
        payload=_payload(desk, row.message_value, letter.original.topic, reveal=ask.reveal),
        headers=headers,
        **{name: getattr(letter, name) for name in ("error_class", "http_status", "schema_id", "stack")},
        revealed=ask.reveal,
        parked=behind,
        parked_since=since,
    )


async def list_cases(desk: Desk, actor: Actor, ask: asks.ListCases) -> answers.CasePage:
    """Cases, the newest first."""
    async with desk.database.connect() as connection:
        total, rows = await finding.page_of_cases(connection, ask, desk.clock())
    return answers.CasePage(total=total, cases=[answers.CaseLine(**row._mapping) for row in rows])


async def list_groups(desk: Desk, actor: Actor, ask: asks.ListGroups) -> answers.Groups:
    """Groups of like letters, those with the most open ones first."""
    async with desk.database.connect() as connection:
        rows = await finding.groups(connection, ask)
    return answers.Groups(groups=[answers.GroupLine(**row._mapping) for row in rows])


async def show_case(desk: Desk, actor: Actor, ask: asks.OneCase) -> answers.CaseWhole:
    """One case with its suggestions, comments and history."""
    async with desk.database.connect() as connection:
        row = await finding.one_case(connection, ask.case_id)
        fresh = await suggestions_for(connection, row.case_id, desk.codec)
        history = await search(connection, AuditQuery(subject=row.case_id))
        said = select(case_comments).where(case_comments.c.case_id == row.case_id).order_by(case_comments.c.comment_id)
        comments = (await connection.execute(said)).all()
        waits = select(billing_holds.c.state).where(billing_holds.c.case_id == row.case_id)
        hold = (await connection.execute(waits)).scalar_one_or_none()
    known = {**row._mapping, "suggestions": [_candidate(one) for one in fresh] or row.suggestions}
    return answers.CaseWhole(
        **known,
        backup=catalogue()[Reason(row.reason)].backup,
        comments=[answers.CommentLine(who=one.who, at=one.at, text=one.text) for one in comments],
        history=history,
        can=[move.value for move in moves(State(row.state)) if may(actor.role, f"case.{move.value}")],
        billing_hold=hold or "",
    )


def _line(row: Any, counts: dict[str, int]) -> dict[str, Any]:
    known = {name: value for name, value in row._mapping.items() if name in answers.LetterLine.model_fields}
    owner = catalogue()[Reason(row.reason)].owner
    return known | {"group_id": f"g{row.fingerprint}", "replays": counts.get(row.letter_id, 0), "owner": owner}


def _payload(desk: Desk, value: bytes | None, topic: str, *, reveal: bool) -> dict[str, Any]:
    record = record_in(value, desk.codec)
    if record is None:
        raw = value or b""
        start = raw[:120].decode("utf-8", "backslashreplace") if reveal else "masked"
        return {"unreadable": True, "bytes": len(raw), "starts_with": start}
    known = {name: field for name, field in record.items() if field is not None}
    shown = known if reveal else masked(known, topic)
    return {name: _json_safe(field) for name, field in shown.items()}


def _json_safe(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _json_safe(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_json_safe(one) for one in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if isinstance(value, str | int | bool | None) else str(value)


def _candidate(one: Any) -> dict[str, Any]:
    return {"id": one.id, "name": one.name, "fit": one.fit, "why": one.why}
