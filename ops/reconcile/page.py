"""A certificate for people: one HTML page without scripts. Pure; what records hold is escaped."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from datetime import UTC, datetime
from html import escape
from typing import Any

from reconciler.difference import RANK

_STYLE = """
:root{--ink:#1d2430;--soft:#5b6675;--line:#d9dee6;--bad:#a4161a;--good:#1b6b3a;--warn:#8a5a00}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);max-width:74rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{color:var(--soft);margin:.3rem 0;overflow-wrap:anywhere}
.sums{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
.sums div{border:1px solid var(--line);border-radius:.5rem;padding:.6rem 1rem;min-width:7rem}
.sums b{display:block;font-size:1.5rem;font-variant-numeric:tabular-nums}
.bad{color:var(--bad)}.good{color:var(--good)}.warn{color:var(--warn)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid var(--line)}
th{font-weight:600;color:var(--soft);white-space:nowrap}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font-size:.9em;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}}
"""
_WORDS = {
    "in_step": "in step", "in_flight": "in flight", "explained": "explained", "differing": "differ",
    "not_compared": "not compared",
}  # fmt: skip


def page(signed: dict[str, Any]) -> str:
    """The whole page."""
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Reconciliation {escape(signed['ended_at'][:10])}</title><style>{_STYLE}</style>"
        f"{_head(signed)}{_differences(signed)}{_not_compared(signed)}{_accounts(signed)}{_counts(signed)}"
        f"{_sides(signed)}{_books(signed['books'])}</html>"
    )


def _head(signed: dict[str, Any]) -> str:
    sums = signed["records"]
    bad = {"differing": "bad", "not_compared": "warn", "in_step": "good"}
    boxes = "".join(
        f'<div><b class="{bad.get(name, "") if sums[name] else ""}">{sums[name]:,}</b>{word}</div>'
        for name, word in _WORDS.items()
    )
    balance = signed["books"]["balance"]
    colour = {"balanced": "good", "unbalanced": "bad"}.get(balance, "warn")
    signature = "signed" if signed["signature"] else "not signed: no key is set"
    return (
        f"<h1>Reconciliation of the CRM and the ERP</h1>"
        f"<p>Read from {_moment(signed['began_at'])} to {_moment(signed['ended_at'])} UTC by rules "
        f"<code>{escape(signed['rules_version'])}</code></p>"
        f'<div class="sums">{boxes}<div><b class="{colour}">{escape(balance)}</b>books</div></div>'
        f"<p>Digest <code>{escape(signed['sha256'])}</code>, {signature}</p>"
    )


def _differences(signed: dict[str, Any]) -> str:
    if not signed["differences"]:
        return "<h2>Differences</h2><p>None: every record that was compared is in step or in flight.</p>"
    rows = [
        [
            one["severity"], one["kind"].replace("_", " "), f"{one['pair']} {one['key']}", _money(one),
            one["explanation"], one["explained_by"],
        ]
        for one in sorted(signed["differences"], key=lambda one: (bool(one["explained_by"]), RANK[one["severity"]]))
    ]  # fmt: skip
    heads = ["severity", "kind", "record", "ERP minus CRM", "what differs", "accounted for by"]
    return f"<h2>Differences</h2>{_table(heads, rows, {3})}"


def _not_compared(signed: dict[str, Any]) -> str:
    rows = [[one["table"], one["key"], one["cause"].replace("_", " "), one["why"]] for one in signed["not_compared"]]
    for name, told in signed["read"].get("topics", {}).items():
        rows += [[name, one["place"], "unreadable", one["why"]] for one in told.get("named", ())]
        left = told.get("unreadable", 0) - len(told.get("named", ()))
        if left > 0 or "why" in told:
            rows.append([name, "", "unreadable", told.get("why", f"and {left} more")])
    body = _table(["table", "record", "cause", "why"], rows) if rows else "<p>Nothing: everything could be read.</p>"
    return f"<h2>Not compared</h2>{body}"


def _accounts(signed: dict[str, Any]) -> str:
    rows = [
        [one["account_id"], one["high"], one["all"], ", ".join(f"{m} {c}" for c, m in one.get("money", {}).items())]
        for one in signed["accounts"]
    ]
    if not rows:
        return ""
    heads = ["account", "severe", "differences", "amounts out of step"]
    return f"<h2>Accounts that weigh most</h2>{_table(heads, rows, {1, 2})}"


def _counts(signed: dict[str, Any]) -> str:
    results = [
        [pair, name.replace("_", " "), count] for pair, found in signed["results"].items()
        for name, count in found.items()
    ]  # fmt: skip
    totals = [[side, name, amount] for side, found in signed["totals"].items() for name, amount in found.items()]
    return (
        f"<h2>Records by result</h2>{_table(['pair', 'result', 'records'], results, {2})}"
        f"<h2>Totals</h2>{_table(['side', 'currency', 'amount'], totals, {2})}"
    )


def _sides(signed: dict[str, Any]) -> str:
    read = signed["read"]
    rows = []
    for name, told in read.get("tables", {}).items():
        if name == "crm":
            continue
        newest = datetime.fromtimestamp(told.get("newest", 0) / 1e6, UTC).isoformat() if told.get("newest") else ""
        rows.append([name, told.get("rows", ""), told["how"], told["pages"], _moment(newest)])
    crm = read.get("tables", {}).get("crm", {})
    place = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in crm.items())
    topics = [
        [name, told.get("rows", 0), told.get("unreadable", 0), json.dumps(told.get("positions", {}))]
        for name, told in read.get("topics", {}).items()
    ]
    return (
        f"<h2>What was read</h2>{_table(['table', 'rows', 'how', 'pages', 'newest change, UTC'], rows, {1, 3})}"
        f"<p>CRM: {escape(place)}</p>"
        + (f"{_table(['topic', 'rows', 'unreadable', 'read to'], topics, {1, 2})}" if topics else "")
        + f"<p>{len(signed['buckets'])} hashes of buckets are in the JSON report: two sweeps of the same records have "
        "the same.</p>"
    )


def _books(books: dict[str, Any]) -> str:
    if "counts" not in books:
        return f"<h2>Books</h2><p>Unknown: {escape(str(books.get('why', '')))}</p>"
    counts = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in books["counts"].items())
    doubts = [[one] for one in (*books["lost"], *books["contradictions"])]
    told = f"<p>{books['accepted']:,} events since {_moment(books['since'])} UTC: {escape(counts)}.</p>"
    return f"<h2>Books</h2>{told}" + (_table(["lost, or a contradiction"], doubts) if doubts else "")


def _money(one: dict[str, Any]) -> str:
    return f"{one['money']} {one['currency']}" if one["money"] is not None else ""


def _moment(text: str) -> str:
    return escape(text[:19].replace("T", " "))


def _table(heads: Sequence[str], rows: Sequence[Sequence[Any]], numbers: Set[int] = frozenset()) -> str:
    head = "".join(f"<th{' class=n' if at in numbers else ''}>{escape(one)}</th>" for at, one in enumerate(heads))
    body = ""
    for row in rows:
        cells = (
            f"<td{' class=n' if at in numbers else ''}>{escape(f'{one:,}' if isinstance(one, int) else str(one))}</td>"
            for at, one in enumerate(row)
        )
        body += f"<tr>{''.join(cells)}</tr>"
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'
