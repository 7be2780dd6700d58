"""What is sent for a letter: the version that was frozen, to its stage or where it was redirected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ops.cases.reading import view_from_row
from ops.replay.choosing import letters_of
from ops.replay.edits.store import edits_by_id
from ops.replay.order import Item
from schemas.headers import EDIT, LETTER_ID, foreign_headers, set_headers
from streams.letters.outbox import Outgoing
from streams.letters.replay import replayed


async def outgoing_of(connection: AsyncConnection, items: Sequence[Item], redirect: str = "") -> dict[str, Outgoing]:
    """Letter id -> the record on its way. `redirect`: a topic that takes it instead of its own stage."""
    rows = await letters_of(connection, [item.letter_id for item in items])
    edit_of = {item.letter_id: item.edit_id for item in items if item.edit_id}
    edits = await edits_by_id(connection, list(edit_of.values()))
    return {row.letter_id: on_its_way(row, edits.get(edit_of.get(row.letter_id, "")), redirect) for row in rows}


def on_its_way(row: Any, edit: Any = None, redirect: str = "") -> Outgoing:
    """A letter's row, in the version of an edit's row or as it is."""
    letter = view_from_row(row)
    if edit is not None:
        original = replace(letter.original, value=edit.value)
        letter = replace(letter, original=original, account_id=edit.account_id or letter.account_id)
    if redirect:  # to others, as their own writer wrote it
        headers = [*foreign_headers(letter.original.headers), (LETTER_ID, letter.letter_id.encode())]
        return Outgoing(redirect, letter.original.key, letter.original.value, headers)
    sent = replayed(letter)
    if edit is not None:
        sent = replace(sent, headers=tuple(set_headers(sent.headers, {EDIT: edit.edit_id}.items())))
    return sent
