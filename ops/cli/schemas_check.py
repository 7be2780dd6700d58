"""`meshline schemas check|explain`: does a change of a schema break somebody? In any folder, without the stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ops.cli.failure import FOUND, say
from schemas.gate.errors import GateError
from schemas.gate.findings import Report
from schemas.gate.modes import Mode
from schemas.gate.rules import catalogue, find_rule


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"
    GITHUB = "github"
    SARIF = "sarif"


Folder = Annotated[Path | None, typer.Option("--schemas", help="The folder to check. By default MeshLine's own.")]
Against = Annotated[
    str | None,
    typer.Option(help="git:REF (a branch, a tag, a commit) or another folder. By default what fits: the last commit."),
]
Registry = Annotated[str | None, typer.Option(help="Check against a schema registry at this address.")]
Topic = Annotated[str | None, typer.Option(help="Look into a topic: which schemas are in it, and can they be read?")]
Form = Annotated[Format, typer.Option("--format", help="How findings are written.")]
WantedMode = Annotated[
    Mode | None, typer.Option(help="Overrules the contracts' modes; without either, FULL_TRANSITIVE.")
]


Retired = Annotated[list[str] | None, typer.Option(help="A subject whose files may be gone; may be repeated.")]


def extend(schemas: typer.Typer) -> None:
    """Add the commands to the group `schemas`."""
    schemas.command()(check)
    schemas.command()(explain)


def check(
    schemas: Folder = None,
    against: Against = None,
    registry: Registry = None,
    topic: Topic = None,
    form: Form = Format.TEXT,
    mode: WantedMode = None,
    retired: Retired = None,
) -> None:
    """Find what breaks readers, or lets them read other values. Ends with 100 when there is something, 0 when not."""
    if sum(option is not None for option in (against, registry)) > 1:
        raise typer.BadParameter("give one of --against and --registry", param_hint="--against")
    from schemas.gate.formats import FORMATS  # noqa: PLC0415 - `explain` needs none of it
    from schemas.gate.sources import installed_folder  # noqa: PLC0415

    with refused():
        report = _report(schemas or installed_folder(), against, registry, topic, mode, retired or [])
    typer.echo(FORMATS[form.value](report))
    raise typer.Exit(FOUND if report.findings else 0)


def _report(
    folder: Path,
    against: str | None,
    registry: str | None,
    topic: str | None,
    mode: Mode | None,
    retired: list[str],
) -> Report:
    from schemas.gate.gate import check_folder, check_subjects, read_subjects  # noqa: PLC0415

    today = datetime.now(UTC).date()
    if topic is None and registry is None:
        return check_folder(folder, against, today, mode, topic_readers(), retired)
    subjects, bad, _ = read_subjects(folder, against, topic_readers())
    if topic is not None:
        from ops.cli.schemas_topic import topic_subject  # noqa: PLC0415

        found = topic_subject(topic, registry, subjects)
        return check_subjects(found, (), today, Mode.BACKWARD_TRANSITIVE, f"what is in {topic}")
    from schemas.gate.online import OnlineRegistry, registered_subjects  # noqa: PLC0415

    online = OnlineRegistry(registry or "")
    found = registered_subjects(subjects, online, topic_subjects())
    online.close()
    return check_subjects(found, bad, today, mode, "the registry")


def explain(rule: Annotated[str | None, typer.Argument(help="Its id or its name, such as ML011.")] = None) -> None:
    """Explain a rule: why it matters, an example, what to do. Without a rule, list all of them."""
    if rule is None:
        for entry in catalogue().values():
            typer.echo(f"{entry.id}  {entry.name:28} {entry.title}")
        return
    found = find_rule(rule)
    if found is None:
        raise typer.BadParameter(f"no rule {rule!r}; `meshline schemas explain` lists them", param_hint="RULE")
    typer.echo(found.page())


def topic_readers() -> dict[str, tuple[str, ...]]:
    """Who reads each of our records, from the declared topics."""
    from schemas.topics import TOPICS  # noqa: PLC0415

    readers: dict[str, tuple[str, ...]] = {}
    for topic in TOPICS:
        if topic.record is not None:
            known = readers.get(topic.record.__name__, ())
            readers[topic.record.__name__] = tuple(dict.fromkeys((*known, *topic.readers)))
    return readers


def topic_subjects() -> dict[str, tuple[str, ...]]:
    """The registry's subjects of each of our records, from the declared topics."""
    from schemas.topics import TOPICS  # noqa: PLC0415

    subjects: dict[str, tuple[str, ...]] = {}
    for topic in TOPICS:
        if topic.record is not None:
            name = topic.record.__name__
            subjects[name] = (*subjects.get(name, ()), topic.subject)
    return subjects


@contextmanager
def refused() -> Iterator[None]:
    """What the gate cannot read ends the command with 1 and a sentence."""
    try:
        yield
    except GateError as error:
        say(f"[red]failed[/]  {error}")
        raise typer.Exit(1) from None
