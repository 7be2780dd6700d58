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
    json_output: Annotated[bool, typer.Option("--json", help="The certificate as JSON on stdout.")] = False,
) -> None:
    """Compare the CRM and the ERP in full. A sweep that was stopped goes on where it was.

    Exit 0: in step; 100: something differs, or was not compared, or pages are left; 1: a system did not answer.
    """
    with told():
        settings = load_settings()
        settings.need("crm_url", "erp_url")
        signed = asyncio.run(_sweep(settings, pages, again))
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
    if unexplained or signed["not_compared"]:
        raise typer.Exit(FOUND)


async def _sweep(settings: Settings, pages: int, again: bool) -> dict[str, Any] | None:
    import psycopg  # noqa: PLC0415 - clients are only loaded where they run

    from ops.reconcile.certificate import sign  # noqa: PLC0415
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
        sweep = Sweep(store, began)
        await sweep.read_crm(settings.crm_url)
        async with TrytonClient(own, Calls("erp", Limiter(own.rate))) as client:
            if not await sweep.read_erp(client, pages):
                return None
        known: Explanations = KnownExplanations()
        if settings.operations_url:
            known = OperationsExplanations.at(settings.operations_url)
        certificate = sweep.certify(settings.reconciler.grace, known)
        read = {"pages": sweep.pages, "last_keys": sweep.positions()}
        document = certificate.document(began, datetime.now(UTC), read)
    except (psycopg.Error, TargetError) as error:
        say(f"[red]failed[/]  {str(error).strip().splitlines()[0]}")
        say("What was read is kept: run it again to go on.")
        raise typer.Exit(1) from None
    finally:
        store.close()
    shutil.rmtree(folder, ignore_errors=True)
    return sign(document, settings.people.audit_key.get_secret_value().encode())


def _save(report: Path, signed: dict[str, Any]) -> None:
    from ops.reconcile.certificate import page  # noqa: PLC0415

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
    say(
        f"{len(signed['differences'])} differences, {len(signed['not_compared'])} not compared; {signed['sha256'][:16]}"
    )
