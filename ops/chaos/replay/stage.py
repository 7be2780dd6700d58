"""Where a run takes place: a broker of its own, its own schema in the operations database, letters to be sent again.

The registry and PostgreSQL are those of the running parts; nothing else of them is touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from schemas.records import Command, CustomerUpsert
from schemas.topics import COMMAND_ERP, TOPICS
from streams.letters.letter import Failure, Original, Subject, compose
from streams.letters.outbox import Outgoing
from streams.runtime.database import migrate
from streams.runtime.settings import Settings

_START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
_OF_A_RECORD = 4  #: letters of one record


@dataclass(frozen=True, slots=True)
class Stage:
    """What the victims are told, and the schema that is theirs."""

    settings: Settings
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "MESHLINE_BOOTSTRAP": self.settings.bootstrap,
            "MESHLINE_REGISTRY_URL": self.settings.registry_url,
            "MESHLINE_OPERATIONS_URL": self.settings.operations_url,
            "MESHLINE_WORKER__GROUP": self.settings.worker.group,
            "MESHLINE_REPLAY__ALONE_LETTERS": "1000000",  # nobody is there to agree
        }

    @property
    def erp(self) -> Path:
        return self.folder / "erp.db"


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
def set_up(parts: Settings, bootstrap: str, folder: Path) -> Iterator[Stage]:
    """Topics and tables for runs; the tables are gone afterwards."""
    with own_tables(parts.operations_url) as own:
        worker = parts.worker.model_copy(update={"group": f"chaos-{uuid4().hex[:8]}"})
        values = {"bootstrap": bootstrap, "operations_url": own, "worker": worker}
        topics = Topics(bootstrap)
        topics.apply(plan(TOPICS, topics.actual(TOPICS)))
        yield Stage(parts.model_copy(update=values), folder)


def command(run: str, account: str, version: int) -> Command:
    """A customer's nth version."""
    event_id = f"event-{run}-{account}-{version}"
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


def letters(run: str, count: int, codec: Codec, random: Random, sink: str) -> tuple[list[Outgoing], list[Wanted]]:
    """Letters of commands that a target refused, some of each record; those of one record in their order."""
    accounts = [f"{run}-{number}" for number in range(-(-count // _OF_A_RECORD))]
    places = [(account, version) for version in range(1, _OF_A_RECORD + 1) for account in accounts][:count]
    out, wanted = [], []
    for offset, (account, version) in enumerate(places):
        made = command(run, account, version)
        partition = partition_for(account, COMMAND_ERP.partitions)
        value = codec.encode(COMMAND_ERP, made)
        original = Original(COMMAND_ERP.name, partition, offset, 1, account.encode(), value)
        subject = Subject(made.event_id, "account", account, account)
        failure = Failure(Reason.ERP_REJECTED, "sink", "the period is closed", more={"mesh-sink": sink})
        letter = compose(original, subject, failure, _START + timedelta(seconds=offset // 50))
        out.append(Outgoing(letter.topic, letter.key, letter.value, letter.headers, partition))
        wanted.append(Wanted(made.command_id, account, version))
    random.shuffle(out)  # the index must not rest on the order in which it read them
    return out, wanted


def newer(run: str, wanted: Sequence[Wanted], share: float, codec: Codec, random: Random) -> list[Outgoing]:
    """Live commands with a newer version of some of the records."""
    keys = sorted({one.key for one in wanted})
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
