"""Where a run takes place: a broker of its own, its own schema in the operations database, letters to be sent again.

The registry and PostgreSQL are those of the running parts; nothing else of them is touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from uuid import uuid4

import psycopg
from psycopg import sql

from ops.chaos.replay.judge import Wanted
from ops.topics import Cluster as Topics
from ops.topics import plan
from schemas.codec import Codec
from schemas.identity import command_id_for
from schemas.partition import partition_for
from schemas.reasons import Reason
from schemas.records import Command, CustomerUpsert, OrderLine, OrderPlace
from schemas.topics import COMMAND_ERP, TOPICS
from sinks.effects import entity_of
from streams.letters.letter import Failure, Original, Subject, compose
from streams.letters.outbox import Outgoing
from streams.runtime.database import migrate
from streams.runtime.settings import Settings

_START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_OF_A_RECORD = 4  #: letters of one customer
_ORDERS = 20  #: one of so many letters is an order's, behind its customer's
ORDER = "-order"  #: the end of an order's id


@dataclass(frozen=True, slots=True)
class Stage:
    """What the victims are told, and the schema that is theirs."""

    settings: Settings
    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "MESHLINE_BOOTSTRAP": self.settings.bootstrap,
            "MESHLINE_REGISTRY_URL": self.settings.registry_url,
            "MESHLINE_OPERATIONS_URL": self.settings.operations_url,
            "MESHLINE_WORKER__GROUP": self.settings.worker.group,
            "MESHLINE_REPLAY__ALONE_LETTERS": "1000000",  # nobody is there to agree
            "MESHLINE_REPLAY__ALONE_MONEY": '{"EUR": "1000000000"}',
            "MESHLINE_SINK__BREAKER_PAUSE": "PT1S",  # until it is asked whether the ERP is back
            **self.more,
        }


@contextmanager
def own_tables(url: str) -> Iterator[str]:
    """The address of tables that are nobody else's in the database at `url`; they are gone afterwards."""
    name = f"chaos_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("create schema {}").format(sql.Identifier(name)))
        try:
            own = f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3D{name}"
            migrate(own)
            yield own
        finally:
            connection.execute(sql.SQL("drop schema {} cascade").format(sql.Identifier(name)))


@contextmanager
def set_up(parts: Settings, bootstrap: str, folder: Path, more: Mapping[str, str] | None = None) -> Iterator[Stage]:
    """Topics and tables for a run; the tables are gone afterwards. `more`: what the victims are told besides."""
    with own_tables(parts.operations_url) as own:
        worker = parts.worker.model_copy(update={"group": f"chaos-{uuid4().hex[:8]}"})
        values = {"bootstrap": bootstrap, "operations_url": own, "worker": worker}
        topics = Topics(bootstrap)
        topics.apply(plan(TOPICS, topics.actual(TOPICS)))
        yield Stage(parts.model_copy(update=values), folder, more or {})


def event_of(run: str, key: str, version: int) -> str:
    """The event behind a record's nth version."""
    return f"event-{run}-{key}-{version}"


def command(run: str, account: str, version: int) -> Command:
    """A customer's nth version."""
    event_id = event_of(run, account, version)
    return Command(
        command_id=command_id_for(event_id, "customer.upsert", account),
        event_id=event_id,
        kind="customer.upsert",
        key=account,
        account_id=account,
        version=version,
        occurred_at=_START,
        decided_at=_START,
        customer=CustomerUpsert(code=f"C-{account}", name=f"Customer {account}, version {version}", country="DE"),
    )


def order(run: str, account: str) -> Command:
    """A customer's only order."""
    key = f"{account}{ORDER}"
    event_id = event_of(run, key, 1)
    quantity, price = Decimal(2), Decimal("480.0000")
    line = OrderLine(sku="SKU-001", quantity=quantity, unit_price=price, amount=quantity * price)
    return Command(
        command_id=command_id_for(event_id, "order.place", key),
        event_id=event_id,
        kind="order.place",
        key=key,
        account_id=account,
        version=1,
        occurred_at=_START,
        decided_at=_START,
        order=OrderPlace(customer_code=f"C-{account}", currency="EUR", total=line.amount, lines=[line]),
    )


def letters(run: str, count: int, codec: Codec, random: Random, sink: str) -> tuple[list[Outgoing], list[Wanted]]:
    """Letters of commands that a target refused: some of each customer in their order, then orders of some."""
    orders = count // _ORDERS
    accounts = [f"{run}-{number}" for number in range(-(-(count - orders) // _OF_A_RECORD))]
    versions = [(one, version) for version in range(1, _OF_A_RECORD + 1) for one in accounts]
    made = [command(run, *one) for one in versions[: count - orders]]
    made += [order(run, one) for one in random.sample(accounts, orders)]
    out = [_letter(one, offset, codec, sink) for offset, one in enumerate(made)]
    random.shuffle(out)  # the index must not rest on the order in which it read them
    return out, [Wanted(one.command_id, one.key, one.version) for one in made]


def _letter(made: Command, offset: int, codec: Codec, sink: str) -> Outgoing:
    partition = partition_for(made.account_id, COMMAND_ERP.partitions)
    value = codec.encode(COMMAND_ERP, made)
    original = Original(COMMAND_ERP.name, partition, offset, 1, made.key.encode(), value)
    subject = Subject(made.event_id, entity_of(made), made.key, made.account_id)
    failure = Failure(Reason.ERP_REJECTED, "sink", "the period is closed", more={"mesh-sink": sink})
    letter = compose(original, subject, failure, _START + timedelta(seconds=offset // 50))
    return Outgoing(letter.topic, letter.key, letter.value, letter.headers, partition)


def newer(run: str, wanted: Sequence[Wanted], share: float, codec: Codec, random: Random) -> list[Outgoing]:
    """Live commands with a newer version of some of the customers."""
    keys = sorted({one.key for one in wanted if not one.key.endswith(ORDER)})
    chosen = random.sample(keys, int(len(keys) * share))
    made = [command(run, key, _OF_A_RECORD + 1) for key in chosen]
    return [
        Outgoing(
            COMMAND_ERP.name,
            one.key.encode(),
            codec.encode(COMMAND_ERP, one),
            (),
            partition_for(one.account_id, COMMAND_ERP.partitions),
        )
        for one in made
    ]
