"""What is known about a record, in plain English. Pure: the same rows give the same words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ops.cases.states import CLOSED, State
from ops.explain.facts import TWIN, Known
from ops.parking.reads import covers, owner_of
from reconciler.explain import advice
from schemas.reasons import Reason, catalogue

Words = tuple[list[str], list[str], list[str]]
_CLOSED = {state.value for state in CLOSED}


def tell(known: Known, now: datetime) -> Words:
    """(where it is, why, what to type next)."""
    where, why, next_ = _sides(known), list[str](), list[str]()
    _effects(known, where, why)
    open_letters = [one for one in known.letters if one.state not in _CLOSED]
    open_holds = [one for one in known.holds if one.state == "open"]
    for hold in open_holds:
        _hold(hold, now, where, why, next_)
    for row in known.parked:
        _parked(row, known, where, why, next_)
    for letter in open_letters:
        _letter(letter, now, where, why, next_)
    for drift in known.drifts:
        where.append(f"The reconciler sees a difference since {_time(drift.opened_at)}: {drift.explanation}.")
        if not open_letters and not open_holds:
            why.append(advice(drift))
        next_.append(f"meshline drift explain {drift.drift_id[:12]}")
    if known.letters and not open_letters:
        last = known.letters[0]
        where.append(f"It had {len(known.letters)} dead letter(s); the last one's case is {last.state}.")
        next_.append(f"meshline case show {last.letter_id[:12]}")
    if not (known.sides or known.effects or known.holds or known.letters or known.drifts):
        where.append(f"Nothing is known of {known.entity} {known.key}: no event about it was ever decided on.")
        why.append("Either it was never changed since the line runs, or its raw record could not be read.")
        next_ += ["meshline dlq list --reason undecodable", "meshline dlq list --reason contract_violation"]
    elif not why:
        why.append("Nothing is open: what had to be done for it is done.")
    return where, why, list(dict.fromkeys(next_))


def _sides(known: Known) -> list[str]:
    words = []
    for row in known.sides:
        gone = "was deleted in" if row.deleted else "was last changed in"
        side = "the CRM" if row.side == "crm" else "the ERP"
        when = datetime.fromtimestamp(row.version / 1_000_000, UTC)
        words.append(
            f"{row.entity} {row.key} {gone} {side} at {_time(when)}, as far as we know (event {row.event_id})."
        )
    if known.code is not None:
        done = (
            f"and is record {known.code.external_id} there"
            if known.code.state == "applied"
            else "reserved, not used yet"
        )
        words.append(f"Its customer code in the ERP is {known.code.code}, {done}.")
    if (
        known.sides
        and not any(row.side == "erp" for row in known.sides)
        and known.entity not in ("contact", "line_item")
    ):
        words.append("The ERP has not told of it.")
    return words


def _effects(known: Known, where: list[str], why: list[str]) -> None:
    seen = set()
    for row in known.effects:
        if (row.target, row.kind) in seen:
            continue
        seen.add((row.target, row.kind))
        target = row.target.upper()
        if row.state == "applied":
            number = row.external_number or row.external_id or "no number"
            said = (
                "it was written and read back" if row.outcome == "applied" else f"nothing was to write ({row.outcome})"
            )
            where.append(f"{row.kind} in the {target}: {said} at {_time(row.ended_at)}, {number} there.")
        elif row.state == "pending":
            where.append(
                f"{row.kind} in the {target}: under way since {_time(row.started_at)}, {row.attempts} attempt(s)."
            )
            why.append(f"The sink is at it; if that lasts, see whether the {target} answers: meshline status.")
        else:
            where.append(f"{row.kind} in the {target}: given up at {_time(row.ended_at)}; it became a dead letter.")


def _hold(hold: Any, now: datetime, where: list[str], why: list[str], next_: list[str]) -> None:
    where.append(
        f"An event of it is on hold since {_time(hold.held_since)} and waits for {hold.wait_kind} {hold.wait_key}."
    )
    left = hold.expires_at - now
    hours = max(0, round(left.total_seconds() / 3600, 1))
    ends = f"if nothing comes within {hours:g} h it becomes {hold.reason}"
    then = "then the newest state is decided" if hold.wait_kind == "window" else ends
    why.append(f"{hold.detail}. It goes on by itself; {then}.")
    if hold.wait_kind == "account":
        next_.append(f"meshline explain account {hold.wait_key}")


def _parked(row: Any, known: Known, where: list[str], why: list[str], next_: list[str]) -> None:
    where.append(f"{row.events} later event(s) of it are parked since {_time(row.since)}, in order.")
    behind = [block for block in known.blocks if covers(block, row)]
    for block in behind:
        why.append(f"They wait behind the open letter {block.block_id[:12]} ({block.reason}) of {owner_of(block)}.")
        next_.append(f"meshline dlq show {block.block_id[:12]}")
    if not behind:
        why.append("Nothing blocks them any more: they are on their way.")
    next_.append(f"meshline dlq parked --key {row.key}")


def _letter(letter: Any, now: datetime, where: list[str], why: list[str], next_: list[str]) -> None:
    entry = catalogue()[Reason(letter.reason)]
    times = f", {letter.failures} times" if letter.failures > 1 else ""
    who = f"assigned to {letter.assignee}" if letter.assignee else f"waits for {entry.owner}"
    overdue = " (overdue)" if letter.due_at <= now else ""
    where.append(
        f"It failed at {letter.stage} on {_time(letter.failed_at)}{times}: {letter.reason}; "
        f"case {letter.letter_id[:12]} is {letter.state}, {who}, due {_time(letter.due_at)}{overdue}."
    )
    why.append(f"{entry.meaning} {letter.detail}")
    next_.append(f"meshline case show {letter.letter_id[:12]}")
    if letter.state == State.REPLAYING.value:
        why.append("It was sent again and is being watched; the case closes when the effect is read back.")
    else:
        next_.append(f'meshline case resolve {letter.letter_id[:12]} --why "..."')


def _time(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "an unknown time"


def drift_entity(entity: str) -> str:
    """The name under which the reconciler tells drifts of an entity."""
    return TWIN.get(entity, entity)
