"""`meshline reconcile`: read both systems themselves, compare every record, and certify what was compared."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.cli.failure import FOUND, say, told
from streams.runtime.settings import Settings, home_folder, load_settings


def register(app: typer.Typer) -> None:
    app.command()(reconcile)


def reconcile(
    report: Annotated[Path | None, typer.Option(help="A folder for certificate.json and certificate.html.")] = None,
    pages: Annotated[int, typer.Option(min=0, help="So many pages of the ERP at most; 0: all.")] = 0,
    again: Annotated[bool, typer.Option("--again", help="From the beginning, not where a stopped sweep was.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Read only what has changed since the last sweep.")] = False,
    tell: Annotated[bool, typer.Option(help="Put the certificate on its topic.")] = True,
    json_output: Annotated[bool, typer.Option("--json", help="The certificate as JSON on stdout.")] = False,
) -> None:
    """Compare the CRM and the ERP in full. A sweep that was stopped goes on where it was.

    With --quick the CRM is asked for hashes of ever smaller ranges, and the ERP for what was written since; a value
    that was changed under the ERP, without a write of its own, is found by a whole sweep only.

    Exit 0: in step; 100: something differs, or was not compared, or pages are left, or the books do not balance;
    1: a system did not answer.
    """
    with told():
        settings = load_settings()
        settings.need("crm_url", "erp_url")
        signed = asyncio.run(_sweep(settings, pages, again, quick))
        if signed is not None and tell and settings.bootstrap and settings.registry_url:
            _tell(settings, signed)
    if signed is None:
        say(f"{pages} pages were read and more are left: run it again to go on")
        raise typer.Exit(FOUND)
    if report is not None:
        _save(report, signed)
    if json_output:
        typer.echo(json.dumps(signed))
    else:
        _show(signed)
    unexplained = [one for one in signed["differences"] if not one["explained_by"]]
    if unexplained or signed["not_compared"] or signed["books"]["balance"] == "unbalanced":
        raise typer.Exit(FOUND)


async def _sweep(settings: Settings, pages: int, again: bool, quick: bool) -> dict[str, Any] | None:
    import psycopg  # noqa: PLC0415 - clients are only loaded where they run

    from ops.reconcile.certificate import sign  # noqa: PLC0415
    from ops.reconcile.pilots import RulesPilot  # noqa: PLC0415
    from ops.reconcile.sweep import Sweep  # noqa: PLC0415
    from reconciler.explanations import Explanations, KnownExplanations  # noqa: PLC0415
    from reconciler.explanations.operations import OperationsExplanations  # noqa: PLC0415
    from reconciler.store import RocksStore  # noqa: PLC0415
    from sinks.calls import Calls  # noqa: PLC0415
    from sinks.errors import TargetError  # noqa: PLC0415
    from sinks.limits import Limiter  # noqa: PLC0415
    from sinks.tryton.client import TrytonClient  # noqa: PLC0415
    from sinks.tryton.settings import TrytonSettings  # noqa: PLC0415

    folder, began = home_folder() / "sweep", datetime.now(UTC)
    if again:
        shutil.rmtree(folder, ignore_errors=True)
    own = TrytonSettings.of(settings)
    store = RocksStore(folder)
    try:
        sweep = Sweep(store, began, quick=quick)
        await sweep.read_crm(settings.crm_url)
        async with TrytonClient(own, Calls("erp", Limiter(own.rate))) as client:
            if not await sweep.read_erp(client, pages):
                return None
        known: Explanations = KnownExplanations()
        if settings.operations_url:
            known = OperationsExplanations.at(settings.operations_url)
        pilot = RulesPilot(settings)
        await asyncio.to_thread(pilot.version)
        certificate = sweep.certify(settings.reconciler.grace, known, pilot)
        sweep.finish()
        read = sweep.read()
    except (psycopg.Error, TargetError) as error:
        say(f"[red]failed[/]  {str(error).strip().splitlines()[0]}")
        say("What was read is kept: run it again to go on.")
        raise typer.Exit(1) from None
    finally:
        store.close()
    topics, books = await asyncio.to_thread(_evidence, settings)
    document = certificate.document(began, datetime.now(UTC), {**read, "topics": topics}, books)
    return sign(document, settings.people.audit_key.get_secret_value().encode())


def _evidence(settings: Settings) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The state topics and the books, where there is a broker."""
    from ops.reconcile.evidence import books_read, topic_reader, topics_read  # noqa: PLC0415
    from schemas.codec import Codec  # noqa: PLC0415
    from schemas.registry import ConfluentRegistry  # noqa: PLC0415

    if not (settings.bootstrap and settings.registry_url):
        return {}, None
    now = datetime.now(UTC)
    registry = ConfluentRegistry(settings.registry_url)
    try:
        topics = topics_read(topic_reader(settings), Codec(registry), now)
    finally:
        registry.close()
    return topics, books_read(settings, now) if settings.operations_url else None


def _tell(settings: Settings, signed: dict[str, Any]) -> None:
    from ops.reconcile.publish import publish  # noqa: PLC0415
    from schemas.codec import Codec  # noqa: PLC0415
    from schemas.registry import ConfluentRegistry  # noqa: PLC0415
    from streams.letters.outbox import Outbox  # noqa: PLC0415

    registry = ConfluentRegistry(settings.registry_url)
    try:
        publish(signed, Codec(registry), Outbox(settings.bootstrap))
    finally:
        registry.close()


def _save(report: Path, signed: dict[str, Any]) -> None:
    from ops.reconcile.page import page  # noqa: PLC0415

    report.mkdir(parents=True, exist_ok=True)
    (report / "certificate.json").write_text(json.dumps(signed, indent=1), "utf-8")
    (report / "certificate.html").write_text(page(signed), "utf-8")


def _show(signed: dict[str, Any]) -> None:
    for pair, found in signed["results"].items():
        say(f"{pair:12} " + (", ".join(f"{count} {name}" for name, count in found.items()) or "nothing"))
    for side, totals in signed["totals"].items():
        say(f"{side:12} " + ", ".join(f"{amount} {currency}" for currency, amount in totals.items()))
    for one in signed["differences"][:20]:
        say(f"{one['kind']:20} {one['explanation']}" + (f" ({one['explained_by']})" if one["explained_by"] else ""))
    books, unreadable = signed["books"], sum(one.get("unreadable", 0) for one in signed["read"]["topics"].values())
    say(f"books        {books['balance']}" + (f": {books['why']}" if "why" in books else ""))
    if unreadable:
        say(f"state topics {unreadable} rows cannot be read")
    say(
        f"{len(signed['differences'])} differences, {len(signed['not_compared'])} not compared; {signed['sha256'][:16]}"
    )
