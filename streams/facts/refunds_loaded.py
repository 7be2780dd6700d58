"""The operations database's part of the facts about refunds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.records import Refund, Stamped
from streams.decide.facts import Known
from streams.facts.refunds import RecordKey, number_of
from streams.letters.numbers import INVOICE_NUMBER
from streams.runtime.tables import records

_LOCKS = 7420935  #: the first half of the locks' names
_PROVIDER = ("charge", "refund")


async def load_refunds(
    connection: AsyncConnection, known: Mapping[RecordKey, Known], events: Sequence[Stamped]
) -> AsyncIterator[Any]:
    """Rows of the refunds' payments, of their invoices, and of all refunds of these. `known` takes them in meanwhile.

    Two workers with refunds of one invoice, by two payments, take turns: the second sees the first's.
    """
    refunds = [event for event in events if isinstance(event, Refund)]
    if not refunds:
        return
    for row in await _rows(connection, _of_payments({refund.charge_id for refund in refunds})):
        yield row
    numbers = sorted({number for refund in refunds if (number := number_of(known, refund)) is not None})
    if not numbers:
        return
    turns = func.pg_advisory_xact_lock(_LOCKS, func.hashtext(func.unnest(bindparam("numbers", numbers, ARRAY(Text)))))
    await connection.execute(select(turns))
    billed = and_(records.c.side == "erp", records.c.entity == "invoice", INVOICE_NUMBER.in_(numbers))
    told = and_(records.c.side == "crm", records.c.entity.in_(_PROVIDER), records.c.parent.in_(numbers))
    payments = set()
    for row in await _rows(connection, or_(billed, told)):
        payments |= {row.key} if row.entity == "charge" else set()
        yield row
    if payments:
        for row in await _rows(connection, _of_payments(payments)):
            yield row


def _of_payments(charges: set[str]) -> ColumnElement[bool]:
    """The payments and all that belongs to them."""
    return and_(records.c.account_id.in_(charges), records.c.side == "crm", records.c.entity.in_(_PROVIDER))


async def _rows(connection: AsyncConnection, wanted: ColumnElement[bool]) -> Sequence[Any]:
    return (await connection.execute(select(records).where(wanted))).all()
