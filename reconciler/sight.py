"""One record as it stands on both sides, compared. Pure over `Sides`."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.compare import compare
from reconciler.difference import Comparison
from reconciler.pilot import EVERYBODY, Pilot
from reconciler.rows import Subject, Version, aware
from reconciler.rules import PAIRS
from reconciler.sides import Sides
from reconciler.state import Change
from reconciler.watermark import NEVER
from schemas.identity import drift_id_for

_ROOTS = ("missing_in_erp", "deleted_on_one_side")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen. `account_id` is the customer's; the record's own key where it has none."""

    comparison: Comparison
    account_id: str
    crm: Version | None
    erp: tuple[Version, ...]

    @property
    def changed(self) -> Change | None:
        """The newest change on either side; None where neither side knows the record."""
        found: Change | None = None
        for one in (*((self.crm,) if self.crm else ()), *self.erp):
            gone = one.recorded_at if one.meta.operation == "delete" else NEVER
            found = Change(one.recorded_at, gone).with_(found)
        return found


def see(sides: Sides, subject: Subject, pilot: Pilot = EVERYBODY) -> Seen:
    """Compare both sides of the record. Accounts outside the pilot are out of scope."""
    pair = PAIRS[subject.pair]
    crm = sides.record(pair.crm, subject.key)
    twins: list[Version] = []
    if pair.name == "invoice":
        erp = tuple(sides.invoices_of(subject.key))
    else:
        found = sides.record(pair.erp, subject.key)
        erp = () if found is None else (found,)
        twins = sides.twins_of(found) if found is not None and pair.name == "account" else []
    first = crm if crm is not None else erp[0] if erp else None
    account_id = first.meta.account_id if first is not None else subject.key
    if pilot is not EVERYBODY:
        # As the decide stage asks: by when an event was received, so that a pilot's first day splits none in two.
        received = max((aware(one.meta.received_at) for one in (crm, *erp) if one is not None), default=NEVER)
        if not pilot.covers(pair.name, account_id, received):
            return Seen(Comparison("out_of_scope"), account_id, crm, erp)
    comparison = compare(
        pair,
        subject.key,
        crm.record if crm is not None else None,
        [one.record for one in erp],
        [one.record for one in twins],
    )
    return Seen(comparison, account_id, crm, erp)


def root_of(sides: Sides, subject: Subject, account_id: str) -> str | None:
    """The drift that is the root of this record's absence: without a customer there is no order."""
    if subject.pair != "opportunity":
        return None
    account = see(sides, Subject("account", account_id))
    kinds = [one.kind for one in account.comparison.differences if one.kind in _ROOTS and account.crm is not None]
    return drift_id_for("account", account_id, kinds[0]) if kinds else None
