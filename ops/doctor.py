"""The examination behind `meshline doctor`: one question per part, each with advice when the answer is wrong."""

from __future__ import annotations

import asyncio
import importlib.metadata
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import psycopg
from pydantic import SecretStr
from sqlalchemy import make_url

from ops.loads import told_loads
from ops.rules.fit import live_fit
from ops.topics import Cluster, ClusterUnavailable, plan
from schemas.topics import TOPICS
from streams.rules import RulesError
from streams.runtime.settings import Settings

OURS = ("schemas", "streams", "sinks", "reconciler", "ops")
_UP = "start the local parts: `meshline up`; or set its MESHLINE_ variable to yours"
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it is well, what it said, and what to do if not."""

    what: str
    well: bool
    said: str
    advice: str = ""


def settings_shown(settings: Settings) -> dict[str, str]:
    """The addresses in use, without passwords."""
    shown = {"bootstrap": settings.bootstrap}
    for name in ("registry_url", "connect_url", "erp_url"):
        shown[name] = getattr(settings, name)
    for name in ("operations_url", "crm_url"):
        value = getattr(settings, name)
        shown[name] = make_url(value).render_as_string(hide_password=True) if value else ""
    return {name: value or "(not set)" for name, value in shown.items()}


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which to put things right. Never raises."""
    checks: list[tuple[str, Callable[[Settings], Finding]]] = [
        ("import names", _import_names),
        ("Kafka and its topics", _topics),
        ("schema registry", lambda s: _http("schema registry", s.registry_url, "/subjects")),
        ("operations database", lambda s: _database("operations database", s.operations_url, "alembic_version")),
        ("active rules", _rules),
        ("event or batch mode", _modes),
        ("CRM database", lambda s: _database("CRM database", s.crm_url, "sales.accounts")),
        ("Kafka Connect", lambda s: _http("Kafka Connect", s.connect_url, "/connectors")),
        ("ERP", lambda s: _http("ERP", s.erp_url, "/")),
        ("door secrets", _secrets),
    ]
    findings = []
    for what, check in checks:
        try:
            findings.append(check(settings))
        except Exception as error:
            findings.append(Finding(what, False, f"{type(error).__name__}: {str(error).splitlines()[0][:200]}", _UP))
    return findings


def _import_names(_: Settings) -> Finding:
    owners = importlib.metadata.packages_distributions()
    foreign = {name: sorted(set(owners.get(name, ())) - {"meshline"}) for name in OURS}
    taken = [f"{name} by {', '.join(by)}" for name, by in foreign.items() if by]
    advice = "uninstall the other distribution, or give MeshLine an environment of its own: `make env`"
    return Finding("import names", not taken, "; ".join(taken) or "ours alone", advice)


def _topics(settings: Settings) -> Finding:
    what = "Kafka and its topics"
    if not settings.bootstrap:
        return Finding(what, False, "not set", _UP)
    try:
        changes = plan(TOPICS, Cluster(settings.bootstrap, _TIMEOUT_S).actual(TOPICS))
    except ClusterUnavailable as error:
        return Finding(what, False, str(error), _UP)
    said = f"{len(changes)} differences from the declaration" if changes else f"{len(TOPICS)} topics, all equal"
    return Finding(what, not changes, said, "`meshline topics check`, then `meshline topics apply`")


def _http(what: str, base: str, path: str) -> Finding:
    if not base:
        return Finding(what, False, "not set", _UP)
    answer = httpx.get(base.rstrip("/") + path, timeout=_TIMEOUT_S)
    return Finding(what, answer.status_code < 500, f"answers {answer.status_code}", f"see its log: {_UP}")


def _database(what: str, url: str, table: str) -> Finding:
    if not url:
        return Finding(what, False, "not set", _UP)
    with psycopg.connect(url, connect_timeout=int(_TIMEOUT_S)) as connection:
        found = connection.execute("select to_regclass(%s)", (table,)).fetchone()
    there = found is not None and found[0] is not None
    said = "answers, tables are there" if there else f"answers, but {table} is missing"
    return Finding(what, there, said, "`meshline up` prepares it")


def _rules(settings: Settings) -> Finding:
    what = "active rules"
    if not settings.operations_url:
        return Finding(what, False, "the operations database is not set", _UP)
    advice = "take them (`meshline rules take`), mend them, `meshline rules check`, `meshline rules activate`"
    try:
        fit = asyncio.run(live_fit(settings))
    except RulesError as error:
        return Finding(what, False, str(error), f"no worker starts with them: `meshline rules revert`; or {advice}")
    return Finding(what, not fit.faults, fit.told(), advice)


def _modes(settings: Settings) -> Finding:
    what = "event or batch mode"
    if not settings.operations_url:
        return Finding(what, False, "the operations database is not set", _UP)
    return Finding(what, True, asyncio.run(told_loads(settings)))


def _secrets(settings: Settings) -> Finding:
    held: dict[str, list[SecretStr]] = settings.door.secrets
    said = ", ".join(f"{source}: {len(secrets)} live" for source, secrets in held.items()) or "none"
    return Finding("door secrets", bool(held), said, "set MESHLINE_DOOR__SECRETS, a JSON object of lists per source")
