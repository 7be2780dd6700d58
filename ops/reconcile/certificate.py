"""What a full sweep compared, as a document that can be checked: counts, totals, hashes, differences. Pure."""

from __future__ import annotations

import hashlib
import hmac
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
from schemas.records import Certificate as Record
from schemas.records import Opportunity, Order

BUCKETS = 64
#: Where each record is counted, once.
SUMS = ("in_step", "in_flight", "explained", "differing", "not_compared")
_TOP = 10
#: Left out of a record's hash: when and how it was read, not what it says.
_ENVELOPE = {"meta"}
_LONG = ("differences", "not_compared")


@dataclass(slots=True)
class Certificate:
    """Filled record by record, in any order; `document` is the same for the same records."""

    results: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    totals: dict[str, dict[str, Decimal]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Decimal)))
    differences: list[dict[str, Any]] = field(default_factory=list)
    not_compared: list[dict[str, str]] = field(default_factory=list)
    _sums: Counter[str] = field(default_factory=Counter)
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
        if waits:
            self._sums["in_flight"] += 1
            return
        self.differences += [_told(subject, seen.account_id, one, explained_by) for one in compared.differences]
        differs = "explained" if explained_by else "differing"
        self._sums[differs if compared.differences else "in_step"] += 1

    def unread(self, subject: Subject) -> None:
        """One side's record could not be read: nothing is said of the other side's."""
        self.results[subject.pair]["not_compared"] += 1
        self._sums["not_compared"] += 1

    def skip(self, table: str, key: str, why: str) -> None:
        """A record that could not be read."""
        self.not_compared.append({"table": table, "key": key, "cause": cause_of(why), "why": why})

    def document(
        self, began: datetime, ended: datetime, read: dict[str, Any], books: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Everything, in one order. Money is text. `read`: what of each side, to which position."""
        return {
            "began_at": began.isoformat(),
            "ended_at": ended.isoformat(),
            "rules_version": RULES_VERSION,
            "read": read,
            "books": books or {"balance": "unknown", "why": "they were not counted"},
            "records": {name: self._sums[name] for name in SUMS},
            "results": {pair: dict(sorted(self.results[pair].items())) for pair in PAIRS},
            "totals": {
                side: {currency: f"{amount:f}" for currency, amount in sorted(found.items())}
                for side, found in sorted(self.totals.items())
            },
            "buckets": {f"{name}/{bucket}": f"{value:032x}" for (name, bucket), value in sorted(self._hashes.items())},
            "differences": sorted(self.differences, key=lambda one: (one["pair"], one["key"], one["kind"])),
            "not_compared": sorted(self.not_compared, key=lambda one: (one["table"], one["key"])),
            "causes": dict(sorted(Counter(one["cause"] for one in self.not_compared).items())),
            "accounts": self._accounts(),
        }

    def _accounts(self) -> list[dict[str, Any]]:
        """The accounts whose differences weigh most: by number of severe ones, then by number."""
        rows: dict[str, dict[str, Any]] = {}
        for one in self.differences:
            row = rows.setdefault(one["account_id"], {"account_id": one["account_id"], "high": 0, "all": 0})
            row["all"] += 1
            row["high"] += one["severity"] == "high" and not one["explained_by"]
            if one["money"] is not None:
                money = row.setdefault("money", {})
                before = Decimal(money.get(one["currency"], "0"))
                money[one["currency"]] = f"{before + abs(Decimal(one['money'])):f}"
        return sorted(rows.values(), key=lambda one: (-one["high"], -one["all"], one["account_id"]))[:_TOP]

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


def cause_of(why: str) -> str:
    """Why a record is not compared, in one word."""
    if "is there twice" in why:
        return "twice"
    return "unknown_currency" if "[currency_code]" in why else "unreadable"


def record_of(signed: dict[str, Any]) -> Record:
    """The certificate as it travels. What may be long is counted in it, and listed in the report alone."""
    short = {name: value for name, value in signed.items() if name not in _LONG}
    short |= {f"{name}_listed": len(signed[name]) for name in _LONG}
    return Record(
        certificate_id=signed["sha256"],
        began_at=datetime.fromisoformat(signed["began_at"]),
        ended_at=datetime.fromisoformat(signed["ended_at"]),
        rules_version=signed["rules_version"],
        books=signed["books"]["balance"],
        document=_canonical(short).decode(),
        signature=signed["signature"],
        **signed["records"],
    )


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


def _canonical(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
