"""`meshline case ...`: what people decide about dead letters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.cases import answers
from ops.cases.states import State
from ops.cli.asking import ask
from ops.cli.failure import FOUND, say
from schemas.reasons import Reason

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
CaseId = Annotated[str, typer.Argument(help="The case's id (its letter's, or its group's), or its first characters.")]
Why = Annotated[str, typer.Option(help="The reason; it is kept in the audit.")]


def register(app: typer.Typer) -> None:
    case = typer.Typer(help="Cases: list, groups, show, assign, resolve, discard, reopen, comment, tag.")
    case.command("list")(list_)
    for command in (groups, show, assign, resolve, discard, reopen, comment, tag):
        case.command()(command)
    app.add_typer(case, name="case")


def list_(  # noqa: PLR0913, PLR0917 - each is an option
    reason: Annotated[Reason | None, typer.Option(help="Only cases with this reason.")] = None,
    state: Annotated[State | None, typer.Option(help="Only cases in this state.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only cases of this team.")] = None,
    assignee: Annotated[str | None, typer.Option(help="Only cases of this person.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only cases with this tag.")] = None,
    group: Annotated[str | None, typer.Option(help="Only cases of this group.")] = None,
    key: Annotated[str | None, typer.Option(help="Only cases about this record.")] = None,
    account_id: Annotated[str | None, typer.Option("--account", help="Only cases of this account.")] = None,
    overdue: Annotated[bool, typer.Option(help="Only cases that are overdue.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    kind: Annotated[str, typer.Option(help="letter or group.")] = "letter",
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 50,
    offset: Annotated[int, typer.Option(help="Leave out so many first.")] = 0,
    json_output: Json = False,
) -> None:
    """Cases, the newest first. Exit 100 when one is open, else 0."""
    filters: dict[str, Any] = {
        "reason": reason,
        "state": state,
        "owner": owner,
        "assignee": assignee,
        "tag": tag,
        "group": group,
    }
    filters |= {"key": key, "account_id": account_id, "overdue": overdue, "any_open": not (all_ or state)}
    page = ask("case.list", answers.CasePage, fresh=True, kind=kind, limit=limit, offset=offset, **filters)
    if json_output:
        typer.echo(page.model_dump_json())
    else:
        for one in page.cases:
            _line(one)
        say(f"{page.total} cases. See one whole: meshline case show <case>")
    if any(one.closed_at is None for one in page.cases):
        raise typer.Exit(FOUND)


def groups(
    reason: Annotated[Reason | None, typer.Option(help="Only groups with this reason.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Groups without an open case too.")] = False,
    limit: Annotated[int, typer.Option(help="The largest so many.")] = 50,
    json_output: Json = False,
) -> None:
    """Groups of like letters: one cause, many records."""
    found = ask("case.groups", answers.Groups, fresh=True, reason=reason, any_open=not all_, limit=limit)
    if json_output:
        typer.echo(found.model_dump_json())
        return
    out = _out()
    for one in found.groups:
        out.print(
            f"{one.case_id[:13]}  {one.open:6} open of {one.letters:6}  {one.reason:24} {one.entity}  {one.state}"
        )
        out.print(f"               {one.detail[:300]}")
    say(f"{len(found.groups)} groups. A group is decided like a case: meshline case resolve <group> --why ...")


def show(case_id: CaseId, json_output: Json = False) -> None:
    """One case: what happened, what may be meant, who said and did what, what can be done."""
    case = ask("case.show", answers.CaseWhole, fresh=True, case_id=case_id)
    if json_output:
        typer.echo(case.model_dump_json())
        return
    out = _out()
    about = f"{case.entity} {case.key}".strip() or "a record that could not be read"
    out.print(f"Case        {case.case_id} ({case.kind}), {case.state}")
    out.print(f"About       {about}" + (f", account {case.account_id}" if case.account_id else "") + _money(case))
    out.print(f"Reason      {case.reason} at {case.stage}: {case.detail}")
    out.print(f"Owner       {case.owner}, backup {case.backup}; assigned to {case.assignee or 'nobody'}")
    out.print(f"Due         {_time(case.due_at)}" + (", escalated" if case.escalated_at else ""))
    if case.billing_hold:
        out.print(f"Billing     hold {case.billing_hold}")
    if case.tags:
        out.print(f"Tags        {', '.join(case.tags)}")
    for one in case.suggestions:
        name = "" if one["name"] == one["id"] else f" {one['name']}"
        out.print(f"May be      {one['id']}{name} ({one['fit']} %): {one['why']}")
    for note in case.comments:
        out.print(f"{_time(note.at)}  {note.who}: {note.text}")
    for entry in case.history:
        out.print(f"{_time(entry.at)}  {entry.who} {entry.action}: {entry.why}")
    out.print(f"You can     {', '.join(case.can) or 'wait'}")
    out.print(f"The letter  meshline dlq show {case.case_id[:12]}" if case.kind == "letter" else "")


def assign(
    case_id: CaseId, assignee: Annotated[str, typer.Argument(help="Who.")], why: Why, json_output: Json = False
) -> None:
    """Give the case to a person."""
    _done(ask("case.assign", answers.Done, case_id=case_id, assignee=assignee, why=why), json_output)


def resolve(
    case_id: CaseId,
    why: Why,
    choose: Annotated[list[str] | None, typer.Option(help="What was decided, such as account=ACC-7.")] = None,
    replay: Annotated[bool, typer.Option(help="Send it again; the case closes when the effect is read back.")] = True,
    json_output: Json = False,
) -> None:
    """Record the decision and send the letter again."""
    wrong = [one for one in choose or () if "=" not in one]
    if wrong:
        raise typer.BadParameter(f"{wrong[0]!r} is not name=value", param_hint="--choose")
    decision = dict(one.split("=", 1) for one in choose or ()) or None
    _done(ask("case.resolve", answers.Done, case_id=case_id, why=why, decision=decision, replay=replay), json_output)


def discard(case_id: CaseId, why: Why, json_output: Json = False) -> None:
    """Close the case without an effect."""
    _done(ask("case.discard", answers.Done, case_id=case_id, why=why), json_output)


def reopen(case_id: CaseId, why: Why, json_output: Json = False) -> None:
    """Open a closed case again."""
    _done(ask("case.reopen", answers.Done, case_id=case_id, why=why), json_output)


def comment(
    case_id: CaseId, text: Annotated[str, typer.Argument(help="What to say.")], json_output: Json = False
) -> None:
    """Say something about the case."""
    _done(ask("case.comment", answers.Done, case_id=case_id, text=text), json_output)


def tag(
    case_id: CaseId,
    add: Annotated[list[str] | None, typer.Option(help="A tag to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A tag to remove.")] = None,
    json_output: Json = False,
) -> None:
    """Add and remove tags."""
    _done(ask("case.tag", answers.Done, case_id=case_id, add=add or [], remove=remove or []), json_output)


def _done(done: answers.Done, json_output: bool) -> None:
    if json_output:
        typer.echo(done.model_dump_json())
        return
    for item in done.items[:20]:
        say(f"{item.case_id[:13]}  {item.state}" + (f"  not done: {item.note}" if not item.done else ""))
    more = f"; {done.sent} letters were sent again" if done.sent else ""
    say(f"{sum(item.done for item in done.items)} of {len(done.items)} cases{more}")


def _line(case: answers.CaseLine) -> None:
    late = "  OVERDUE" if case.closed_at is None and case.due_at < datetime.now(UTC) else ""
    about = f"{case.entity} {case.key}".strip()
    whose = case.assignee or case.owner
    out = _out()
    out.print(f"{case.case_id[:12]}  {case.state:9}  {case.reason:24} {about}{_money(case)}  {whose}{late}")
    out.print(f"              {case.detail[:300]}")


def _money(case: answers.CaseLine) -> str:
    return f", {case.money:f} {case.currency}" if case.money is not None else ""


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _out() -> Any:
    return Console(highlight=False, markup=False, soft_wrap=True)
