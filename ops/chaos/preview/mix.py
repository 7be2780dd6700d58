"""A world, and letters of every kind about it. The same seed makes the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ops.chaos.preview.target import UNKNOWN_SKU
from schemas.codec import Codec
from schemas.identity import command_id_for
from schemas.partition import partition_for
from schemas.records import Account, Command, CustomerUpsert, Opportunity, OrderLine, OrderPlace, Stamped
from schemas.records.crm import Line
from schemas.records.envelope import Envelope
from schemas.topics import ACCOUNT_PARTITIONS, COMMAND_ERP, CRM_ACCOUNT, CRM_OPPORTUNITY, WEBHOOK

BLOCKED = 12  #: records that a letter blocks
_PRICE = Decimal(480)  #: as the price list has it
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """A letter's record: the stage that refused it, and its bytes on their topic."""

    stage: str
    topic: str
    event_id: str
    entity: str
    key: str
    account_id: str
    value: bytes
    kind: str = ""
    effect_id: str = ""


def envelope(entity: Any, key: str, account: str, version: int, event: str) -> Envelope:
    at = START + timedelta(seconds=version)
    return Envelope(
        event_id=event,
        source="cdc:crm",
        side="crm",
        entity=entity,
        key=key,
        account_id=account,
        operation="update",
        version=version,
        occurred_at=at,
        received_at=at,
        origin=f"trial/0/{version}",
    )


def account(key: str, version: int, event: str, city: str = "Bonn") -> Account:
    return Account(
        meta=envelope("account", key, key, version, event),
        id=key,
        name=f"Customer {key}",
        city=city,
        country="DE",
        currency="EUR",
    )


def deal(key: str, owner: str, version: int, event: str, **other: Any) -> Opportunity:
    discount, sku = other.pop("discount", "0"), other.pop("sku", "SKU-001")
    line = Line(
        id=f"{key}-1",
        position=1,
        sku=sku,
        quantity=Decimal(1),
        unit_price=_PRICE,
        discount_percent=Decimal(discount),
    )
    amount = (_PRICE * (100 - Decimal(discount)) / 100).quantize(Decimal("0.01"))
    values = {"stage": "Closed Won", "currency": "EUR", "amount": amount, "line_count": 1, "lines": [line]} | other
    return Opportunity(meta=envelope("opportunity", key, owner, version, event), id=key, **values)


def customer(key: str, version: int, event: str, city: str = "Bonn") -> Command:
    body = CustomerUpsert(code=f"C-{key}", name=f"Customer {key}", city=city, country="DE")
    return _command("customer.upsert", key, key, version, event, customer=body)


def placing(key: str, owner: str, version: int, event: str, sku: str = "SKU-001", currency: str = "EUR") -> Command:
    line = OrderLine(sku=sku, quantity=Decimal(1), unit_price=_PRICE, amount=_PRICE)
    body = OrderPlace(customer_code=f"C-{owner}", currency=currency, total=_PRICE, lines=[line])
    return _command("order.place", key, owner, version, event, order=body)


def _command(kind: Any, key: str, owner: str, version: int, event: str, **body: Any) -> Command:
    at = START + timedelta(seconds=version)
    values = {"event_id": event, "kind": kind, "key": key, "account_id": owner, "version": version}
    return Command(command_id=command_id_for(event, kind, key), occurred_at=at, decided_at=at, **values, **body)


def world(count: int) -> list[Stamped]:
    """Accounts that went through before, at version 100."""
    return [account(f"k{number}", 100, f"world-{number}") for number in range(count)]


def letters(count: int, accounts: int, seed: int, codec: Codec) -> Iterator[Made]:
    """So many, each of a kind that is drawn."""
    random = Random(f"preview/{seed}")
    kinds = _kinds(random, accounts)
    for number in range(count):
        made = random.choice(kinds)(number)
        yield as_letter(made, f"e{number}", codec) if not isinstance(made, Made) else made


def as_letter(made: Account | Opportunity | Command, event: str, codec: Codec) -> Made:
    """Of an event at `decide`, of a command at `sink`."""
    if isinstance(made, Command):
        value = codec.encode(COMMAND_ERP, made)
        entity = "account" if made.customer else "opportunity"
        whose = (entity, made.key, made.account_id)
        return Made("sink", COMMAND_ERP.name, event, *whose, value, made.kind, made.command_id)
    topic = CRM_ACCOUNT if isinstance(made, Account) else CRM_OPPORTUNITY
    kind = "customer.upsert" if isinstance(made, Account) else "order.place"
    whose = (made.meta.entity, made.meta.key, made.meta.account_id)
    return Made("decide", topic.name, event, *whose, codec.encode(topic, made), kind)


def partition_of(made: Made) -> int:
    return partition_for(made.account_id or made.event_id, ACCOUNT_PARTITIONS)


def _kinds(random: Random, accounts: int) -> list[Callable[[int], Any]]:
    def known() -> str:
        return f"k{random.randrange(accounts)}"

    def version() -> int:
        return random.choice((50, 90, 150, 200, 250))

    def again(record: int, n: int) -> Opportunity:
        """A record that comes several times, sometimes so that it fails."""
        discount = random.choice(("0", "0", "0", "40"))
        return deal(f"r{record}", f"k{record % accounts}", version(), f"e{n}", discount=discount)

    def blocked() -> str:
        return f"b{random.randrange(BLOCKED)}"

    return [
        lambda n: customer(blocked(), version(), f"e{n}", random.choice(("Bonn", "Ulm"))),
        lambda n: account(blocked(), version(), f"e{n}", random.choice(("Bonn", "Trier"))),
        lambda n: deal(f"d{n}", blocked(), version(), f"e{n}"),
        lambda n: placing(f"p{n}", blocked(), 100, f"e{n}"),
        lambda n: deal(f"d{n}", known(), version(), f"e{n}"),
        lambda n: again(random.randrange(40), n),
        lambda n: deal(f"d{n}", f"nobody{n}", 100, f"e{n}"),
        lambda n: deal(f"d{n}", known(), 100, f"e{n}", discount="35"),
        lambda n: deal(f"d{n}", known(), 100, f"e{n}", stage="Proposal"),
        lambda n: deal(f"d{n}", known(), 100, f"e{n}", sku=UNKNOWN_SKU),
        lambda n: deal(f"d{n}", known(), 100, f"e{n}", currency="XAU"),
        lambda n: account(f"n{n}", 100, f"e{n}"),
        lambda n: account(known(), version(), f"e{n}", random.choice(("Bonn", "Trier"))),
        lambda n: customer(known(), version(), f"e{n}", random.choice(("Bonn", "Ulm"))),
        lambda n: placing(f"p{n}", known(), 100, f"e{n}"),
        lambda n: placing(f"p{n}", known(), 100, f"e{n}", sku=UNKNOWN_SKU),
        lambda n: placing(f"p{n}", known(), 100, f"e{n}", currency="XAU"),
        lambda n: placing(f"p{n}", f"nobody{n}", 100, f"e{n}"),
        lambda n: Made("sink", COMMAND_ERP.name, f"e{n}", "account", f"u{n}", "", b"\x00\x00\x00\x00\x01no", ""),
        lambda n: Made("decide", CRM_OPPORTUNITY.name, f"e{n}", "", "", "", random.randbytes(20)),
        lambda n: Made("normalise", WEBHOOK["standard"].name, f"e{n}", "", "", "", random.randbytes(30)),
    ]
