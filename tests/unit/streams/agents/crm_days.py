"""Random days of a small CRM: accounts, opportunities and their lines, as canonical events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from schemas.money import line_amount, net_price
from schemas.records import Account, Entity, Envelope, Line, LineItem, Operation, Opportunity, OrderLine, Stamped

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STAGES = ("Negotiation", "Closed Won")


def meta(entity: Entity, key: str, account: str, tick: int, operation: Operation = "update", n: int = 0) -> Envelope:
    """An envelope of the change at the given tick; `n` orders the changes of one tick."""
    return Envelope(
        event_id=f"{entity}-{key}-{tick}-{n}",
        source="cdc:crm",
        side="crm",
        entity=entity,
        key=key,
        account_id=account,
        operation=operation,
        version=tick * 1_000_000,
        sequence=n,
        occurred_at=T0 + timedelta(seconds=tick),
        received_at=T0 + timedelta(seconds=tick),
        origin=f"raw/{entity}/{tick}{n}",
    )


@dataclass
class Crm:
    """The CRM as its users left it, and what its log told."""

    events: list[Stamped] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    deals: dict[str, Opportunity] = field(default_factory=dict)
    lines: dict[str, dict[str, Line]] = field(default_factory=lambda: defaultdict(dict))
    tick: int = 0

    def tell(self, *events: Stamped) -> None:
        self.events += events

    def set_account(self, key: str, name: str) -> None:
        self.tick += 1
        old = self.accounts.get(key)
        kept = {"phone": old.phone, "email": old.email} if old else {}
        stamp = meta("account", key, key, self.tick)
        self.accounts[key] = Account(meta=stamp, id=key, name=name).model_copy(update=kept)
        self.tell(self.accounts[key])

    def patch_account(self, key: str, field_name: str, value: str) -> None:
        """One field alone, as HubSpot tells it."""
        if key in self.accounts:
            self.tick += 1
            stamp = meta("account", key, key, self.tick, "patch")
            self.accounts[key] = self.accounts[key].model_copy(update={field_name: value, "meta": stamp})
            self.tell(Account(meta=stamp, id=key).model_copy(update={field_name: value}))

    def set_deal(self, key: str, account: str, stage: str, wanted: dict[str, int], row: str) -> None:
        """One transaction: the lines become `wanted` (sku -> quantity); the deal's own row is first, last or left."""
        self.tick += 1
        lines = self.lines[key]
        for n, sku in enumerate(sorted(lines.keys() | wanted.keys()), 1):
            self._set_line(key, account, sku, wanted.get(sku), n)
        if row != "left" or key not in self.deals:
            stamp = meta("opportunity", key, account, self.tick, n=0 if row == "first" else 9)
            self.deals[key] = Opportunity(
                meta=stamp, id=key, stage=stage, currency="EUR", amount=self.total(key), line_count=len(lines)
            )
            self.tell(self.deals[key])

    def _set_line(self, deal: str, account: str, sku: str, quantity: int | None, n: int) -> None:
        lines, key = self.lines[deal], f"{deal}-{sku}"
        if quantity is None:
            del lines[sku]
            stamp = meta("line_item", key, account, self.tick, "delete", n)
            self.tell(LineItem(meta=stamp, id=key, opportunity_id=deal))
        elif sku not in lines or lines[sku].quantity != quantity:
            lines[sku] = Line(id=key, sku=sku, quantity=quantity, unit_price=Decimal(10), discount_percent=Decimal(5))
            stamp = meta("line_item", key, account, self.tick, n=n)
            self.tell(LineItem(meta=stamp, id=key, opportunity_id=deal, line=lines[sku]))

    def total(self, deal: str) -> Decimal:
        found = (line_amount(x.quantity, x.unit_price, x.discount_percent, "EUR") for x in self.lines[deal].values())
        return sum(found, Decimal(0))

    def due(self) -> dict[str, list[OrderLine]]:
        """The orders that must be in the ERP in the end: won, with an account and complete lines."""
        return {
            key: [_order_line(line) for _, line in sorted(self.lines[key].items())]
            for key, deal in self.deals.items()
            if deal.stage == "Closed Won"
            and deal.meta.account_id in self.accounts
            and self.lines[key]
            and (len(self.lines[key]), self.total(key)) == (deal.line_count, deal.amount)
        }


def _order_line(line: Line) -> OrderLine:
    return OrderLine(
        sku=line.sku,
        quantity=line.quantity,
        unit_price=net_price(line.unit_price, line.discount_percent),
        amount=line_amount(line.quantity, line.unit_price, line.discount_percent, "EUR"),
    )


def logs_of(events: Iterable[Stamped]) -> dict[str, list[Stamped]]:
    """Entity -> its events, in order."""
    logs: dict[str, list[Stamped]] = {"account": [], "opportunity": [], "line_item": []}
    for event in events:
        logs[event.meta.entity].append(event)
    return logs


_KEYS = st.sampled_from(["a1", "a2"])
_ROWS = st.sampled_from(["first", "last", "left"])
_LINES = st.dictionaries(st.sampled_from(["S1", "S2"]), st.integers(1, 2), max_size=2)
_PATCHES = (st.sampled_from(["name", "phone", "email"]), st.sampled_from(["1", "2"]))
_ACTS: st.SearchStrategy[tuple[str, tuple[Any, ...]]] = st.one_of(
    st.tuples(st.just("set_account"), st.tuples(_KEYS, st.sampled_from(["Ada", "Bob"]))),
    st.tuples(st.just("patch_account"), st.tuples(_KEYS, *_PATCHES)),
    *[
        st.tuples(
            st.just("set_deal"),
            st.tuples(st.just(deal), st.just(account), st.sampled_from(STAGES), _LINES, _ROWS),
        )
        for deal, account in (("d1", "a1"), ("d1", "a1"), ("d2", "a2"))
    ],
)


_ONE_DEAL = st.tuples(st.just("d1"), st.just("a1"), st.sampled_from(STAGES), _LINES, _ROWS)


@st.composite
def days(draw: st.DrawFn) -> Crm:
    """A day of up to ten changes."""
    crm = Crm()
    for act, arguments in draw(st.lists(_ACTS, min_size=1, max_size=10)):
        getattr(crm, act)(*arguments)
    return crm


@st.composite
def one_deal(draw: st.DrawFn) -> Crm:
    """A day on which a known account's only deal changes a few times."""
    crm = Crm()
    crm.set_account("a1", "Ada")
    for arguments in draw(st.lists(_ONE_DEAL, min_size=2, max_size=5)):
        crm.set_deal(*arguments)
    return crm
