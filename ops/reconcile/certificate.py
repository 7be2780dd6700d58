"""What a full sweep compared, as a document that can be checked: counts, totals, hashes, differences. Pure."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from reconciler.difference import Difference
from reconciler.rows import StateRecord, Subject
from reconciler.rules import PAIRS, RULES_VERSION, is_live, is_won
from reconciler.sight import Seen
from schemas.money import round_money
from schemas.records import Opportunity, Order

BUCKETS = 64
#: Left out of a record's hash: when and how it was read, not what it says.
_ENVELOPE = {"meta"}


@dataclass(slots=True)
class Certificate:
    """Filled record by record, in any order; `document` is the same for the same records."""

    results: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    totals: dict[str, dict[str, Decimal]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Decimal)))
    differences: list[dict[str, Any]] = field(default_factory=list)
    not_compared: list[dict[str, str]] = field(default_factory=list)
    _hashes: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, subject: Subject, seen: Seen, *, in_flight: bool, explained_by: str = "") -> None:
        """One record as it stands on both sides."""
        compared = seen.comparison
        waits = in_flight and bool(compared.differences)
        self.results[subject.pair]["in_flight" if waits else compared.result] += 1
        for side, records in (("crm", [seen.crm]), ("erp", list(seen.erp))):
            for one in records:
                if one is not None:
                    self._hash(f"{subject.pair}.{side}", subject.key, one.record)
        if subject.pair == "opportunity":
            self._money(seen)
        if not waits:
            self.differences += [_told(subject, seen.account_id, one, explained_by) for one in compared.differences]

    def unread(self, subject: Subject) -> None:
        """One side's record could not be read: nothing is said of the other side's."""
        self.results[subject.pair]["not_compared"] += 1

    def skip(self, table: str, key: str, why: str) -> None:
        """A record that could not be read."""
        self.not_compared.append({"table": table, "key": key, "why": why})

    def document(self, began: datetime, ended: datetime, read: dict[str, Any]) -> dict[str, Any]:
        """Everything, in one order. Money is text."""
        return {
            "began_at": began.isoformat(),
            "ended_at": ended.isoformat(),
            "rules_version": RULES_VERSION,
            "read": read,
            "results": {pair: dict(sorted(self.results[pair].items())) for pair in PAIRS},
            "totals": {
                side: {currency: f"{amount:f}" for currency, amount in sorted(found.items())}
                for side, found in sorted(self.totals.items())
            },
            "buckets": {f"{name}/{bucket}": f"{value:032x}" for (name, bucket), value in sorted(self._hashes.items())},
            "differences": sorted(self.differences, key=lambda one: (one["pair"], one["key"], one["kind"])),
            "not_compared": sorted(self.not_compared, key=lambda one: (one["table"], one["key"])),
        }

    def _money(self, seen: Seen) -> None:
        deal, order = seen.crm.record if seen.crm else None, seen.erp[0].record if seen.erp else None
        if isinstance(deal, Opportunity) and deal.meta.operation != "delete" and is_won(deal.stage):
            self.totals["crm.won"][deal.currency] += round_money(deal.amount, deal.currency)
        if isinstance(order, Order) and order.meta.operation != "delete" and is_live(order.state):
            self.totals["erp.ordered"][order.currency] += round_money(order.total, order.currency)

    def _hash(self, name: str, key: str, record: StateRecord) -> None:
        """Added up, so that the order of reading does not matter: two sweeps of the same records give the same."""
        text = json.dumps(record.model_dump(mode="json", exclude=_ENVELOPE), sort_keys=True)
        digest = hashlib.sha256(f"{key}\0{text}".encode()).digest()
        bucket = hashlib.sha256(key.encode()).digest()[0] % BUCKETS
        self._hashes[name, bucket] = (self._hashes[name, bucket] + int.from_bytes(digest[:16], "big")) % 2**128


def _told(subject: Subject, account_id: str, one: Difference, explained_by: str) -> dict[str, Any]:
    return {
        "pair": subject.pair,
        "key": subject.key,
        "account_id": account_id,
        "kind": one.kind,
        "severity": one.severity,
        "money": None if one.money is None else f"{one.money:f}",
        "currency": one.currency,
        "explanation": one.explanation,
        "explained_by": explained_by,
    }


def sign(document: dict[str, Any], key: bytes) -> dict[str, Any]:
    """The document with its digest, and a signature where there is a key."""
    text = _canonical(document)
    signature = hmac.new(key, text, hashlib.sha256).hexdigest() if key else ""
    return {**document, "sha256": hashlib.sha256(text).hexdigest(), "signature": signature}


def verify(signed: dict[str, Any], key: bytes) -> bool:
    """Whether nothing was changed since it was signed with this key."""
    document = {name: value for name, value in signed.items() if name not in ("sha256", "signature")}
    wanted = sign(document, key)
    same = hmac.compare_digest(str(wanted["signature"]), str(signed.get("signature")))
    return same and wanted["sha256"] == signed.get("sha256")


def page(signed: dict[str, Any]) -> str:
    """The certificate for people, as one HTML page without scripts. What records hold is escaped."""

    def table(heads: list[str], rows: list[list[Any]]) -> str:
        head = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
        body = "".join("<tr>" + "".join(f"<td>{html.escape(str(one))}</td>" for one in row) + "</tr>" for row in rows)
        return f"<table><tr>{head}</tr>{body}</table>"

    results = [[pair, name, count] for pair, found in signed["results"].items() for name, count in found.items()]
    totals = [[side, name, amount] for side, found in signed["totals"].items() for name, amount in found.items()]
    names = ["pair", "key", "kind", "severity", "money", "currency", "explained_by", "explanation"]
    differences = [[one[name] or "" for name in names] for one in signed["differences"]]
    left = [[one["table"], one["key"], one["why"]] for one in signed["not_compared"]]
    return (
        "<!doctype html><meta charset=utf-8><title>Reconciliation</title>"
        "<style>body{font:14px sans-serif;margin:2em}"
        "td,th{padding:2px 8px;text-align:left;border-bottom:1px solid #ccc}</style>"
        f"<h1>Reconciliation of {html.escape(signed['ended_at'][:19])}</h1>"
        f"<p>Rules {html.escape(signed['rules_version'])}, digest {html.escape(signed['sha256'])}</p>"
        f"<h2>Results</h2>{table(['pair', 'result', 'records'], results)}"
        f"<h2>Totals</h2>{table(['side', 'currency', 'amount'], totals)}"
        f"<h2>Differences</h2>{table(names, differences)}"
        f"<h2>Not compared</h2>{table(['table', 'record', 'why'], left)}"
        f"<h2>Read</h2><pre>{html.escape(json.dumps(signed['read'], indent=1))}</pre>"
    )


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
