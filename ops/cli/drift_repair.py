"""`meshline drift repair|top`: put a drift right through the ordinary sink, and whose drifts weigh most."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from ops.cli.failure import FOUND, say, told
from reconciler.history import DriftHistory
from schemas.codec import Codec
from schemas.records import Drift
from schemas.registry import ConfluentRegistry
from streams.runtime.settings import load_settings

Json = Annotated[bool, typer.Option("--json", help="The result as JSON on stdout.")]
_RANK = {"high": 0, "medium": 1, "low": 2}


def register(drift: typer.Typer, one: Callable[[str], Drift], history: Callable[[], DriftHistory]) -> None:
    """Hang both commands into `meshline drift`. `one` finds a drift by its id's beginning."""

    @drift.command()
    def repair(
        drift_id: Annotated[str, typer.Argument(help="The drift's id, or its first characters.")],
        why: Annotated[str, typer.Option(help="Why it is repaired; it is kept in the audit.")] = "",
        to: Annotated[
            str, typer.Option(help="erp or crm: the side to write, where the owner of the fields does not say.")
        ] = "",
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")] = False,
        wait: Annotated[float, typer.Option(help="Seconds to wait for the drift to close.")] = 0.0,
        json_output: Json = False,
    ) -> None:
        """Write the owner's values to the other side again. The drift closes when both sides were read to agree.

        Money takes an approver. Exit 100 when nothing can be written, or when --wait ends with the drift open.
        """
        if to not in ("", "erp", "crm"):
            raise typer.BadParameter(f"{to!r} is neither erp nor crm", param_hint="--to")
        if not why and not dry_run:
            raise typer.BadParameter("say why; it is kept in the audit", param_hint="--why")
        facts = _repair(one(drift_id), why, to, dry_run)
        if facts["commands"] and not dry_run and wait:
            facts["closed"] = _closes(one, drift_id, wait)
        if json_output:
            typer.echo(json.dumps(facts))
        else:
            _show(facts)
        if not facts["commands"] or facts["closed"] is False:
            raise typer.Exit(FOUND)

    @drift.command()
    def top(
        limit: Annotated[int, typer.Option(min=1, help="So many accounts.")] = 10, json_output: Json = False
    ) -> None:
        """The customer accounts whose open drifts weigh most: by severity, then money at stake, then number."""
        rows = weighed(history().open())[:limit]
        if json_output:
            typer.echo(json.dumps(rows))
        else:
            Console(highlight=False, markup=False).print(_table(rows))


def weighed(drifts: list[Drift]) -> list[dict[str, Any]]:
    """One row per account, the heaviest first. Money is text by currency; currencies are not added up."""
    accounts: dict[str, list[Drift]] = {}
    for one in drifts:
        accounts.setdefault(one.account_id, []).append(one)
    rows = []
    for account_id, found in accounts.items():
        stakes: dict[str, Decimal] = {}
        for one in found:
            if one.at_stake is not None and one.currency is not None:
                stakes[one.currency] = stakes.get(one.currency, Decimal(0)) + one.at_stake
        rows.append(
            {
                "account_id": account_id,
                "open": len(found),
                "unexplained": sum(not one.explained_by for one in found),
                "worst": min((one.severity for one in found), key=lambda one: _RANK[one]),
                "at_stake": {currency: f"{amount:f}" for currency, amount in sorted(stakes.items())},
                "oldest": min(one.opened_at for one in found).isoformat(),
            }
        )
    return sorted(rows, key=_weight)


def _weight(row: dict[str, Any]) -> tuple[Any, ...]:
    most = max((Decimal(amount) for amount in row["at_stake"].values()), default=Decimal(0))
    return (_RANK[row["worst"]], -most, -row["unexplained"], -row["open"], row["account_id"])


def _repair(drift: Drift, why: str, to: str, dry_run: bool) -> dict[str, Any]:
    from ops.access.errors import NotLetIn  # noqa: PLC0415 - the decisions are only loaded where one is made
    from ops.reconcile.mend import Asked, NotAllowed, repair  # noqa: PLC0415
    from ops.reconcile.repair import shown  # noqa: PLC0415

    with told():
        settings = load_settings()
        settings.need("bootstrap", "registry_url", "operations_url")
        registry = ConfluentRegistry(settings.registry_url)
        try:
            asked = Asked(why, to or None, dry_run, settings.token.get_secret_value())  # type: ignore[arg-type]
            plan = asyncio.run(repair(settings, Codec(registry), drift, asked, datetime.now(UTC)))
        except (NotAllowed, NotLetIn) as error:
            say(f"[red]refused[/]  {error or type(error).__doc__}")
            raise typer.Exit(1) from None
        finally:
            registry.close()
    return {
        "drift_id": drift.drift_id,
        "to": plan.direction,
        "needs": plan.needs.value,
        "sent": bool(plan.commands) and not dry_run,
        "commands": shown(plan.commands),
        "why_not": plan.why_not,
        "closed": None,
    }


def _closes(one: Callable[[str], Drift], drift_id: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while one(drift_id).status != "closed":
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def _show(facts: dict[str, Any]) -> None:
    if not facts["commands"]:
        return say(f"[yellow]nothing can be written[/]  {facts['why_not']}")
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for line in facts["commands"]:
        out.print(line)
    if not facts["sent"]:
        return say(f"nothing was written; it takes the role {facts['needs']}")
    after = {True: "the drift is closed", False: "[red]the drift is still open[/]", None: "it closes once both agree"}
    return say(f"sent; {after[facts['closed']]}: meshline drift show {facts['drift_id'][:12]}")


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("account", "open", "unexplained", "worst", "at stake", "oldest"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        money = ", ".join(f"{Decimal(amount):.2f} {currency}" for currency, amount in row["at_stake"].items())
        table.add_row(
            row["account_id"], str(row["open"]), str(row["unexplained"]), row["worst"], money, row["oldest"][:19]
        )
    return table
