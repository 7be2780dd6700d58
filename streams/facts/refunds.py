"""What decisions on a refund may know: its payment, its invoice, and the other refunds of that invoice. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.records import Charge, Invoice, Refund
from streams.decide.facts import Known

RecordKey = tuple[str, str, str]  #: side, entity, key


def payment_of(records: Mapping[RecordKey, Known], refund: Refund) -> Charge | None:
    known = records.get(("crm", "charge", refund.charge_id))
    return known.record if known is not None and isinstance(known.record, Charge) else None


def number_of(records: Mapping[RecordKey, Known], refund: Refund) -> str | None:
    """The number of the invoice that it is of: its own word counts, then its payment's."""
    charge = payment_of(records, refund)
    return refund.invoice_number or (charge.invoice_number if charge is not None else None)


def facts_of_refund(records: Mapping[RecordKey, Known], refund: Refund) -> dict[str, Any]:
    """The fields of `Facts` that are about a refund."""
    number = number_of(records, refund)
    billed, others = [], []
    for known in records.values() if number is not None else ():
        one = known.record
        if isinstance(one, Invoice) and one.number == number and not known.deleted:
            billed.append(one)
        elif isinstance(one, Refund) and one.id != refund.id and number_of(records, one) == number:
            others.append(known)
    others.sort(key=lambda known: known.record.meta.key)
    return {"charge": payment_of(records, refund), "billed": tuple(billed), "refunds": tuple(others)}
