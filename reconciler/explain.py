"""Differences in words. Pure text; what to do about a drift is told by `advice`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from schemas.money import round_money
from schemas.records import Drift, DriftField

_ADVICE = {
    "missing_in_erp": (
        "Look for an open dead letter or hold of this record (`meshline dlq list`): settle that first. "
        "If there is none, change the record in the CRM, so that its event is sent again."
    ),
    "missing_in_crm": (
        "The ERP holds something that the CRM does not know or has deleted. If it is right, restore the record in the "
        "CRM; if not, cancel it in the ERP."
    ),
    "deleted_on_one_side": (
        "One side has deleted the record, the other still holds it. Restore it where it was deleted by mistake; "
        "else cancel or archive it on the other side."
    ),
    "duplicate": (
        "The ERP holds it twice. Ask finance which one is right: cancel or credit the other, or merge the two "
        "customers. Nothing is merged or cancelled by MeshLine."
    ),
    "field_mismatch": (
        "Find out which side is right. The CRM owns names and addresses, the ERP its codes, numbers and states: "
        "correct the other side, or change the owner's record so that it is sent again."
    ),
    "total_mismatch": (
        "Money is out of step: ask finance which amount is right before anything is invoiced, then correct the other "
        "side. The drift closes by itself when both agree."
    ),
}


def amount_text(amount: Decimal, currency: str) -> str:
    """`120.00 EUR`, in the currency's minor unit."""
    return f"{round_money(amount, currency)} {currency}"


def explain_total(crm: str, erp: str, difference: Decimal, currency: str, others: Sequence[DriftField] = ()) -> str:
    """`crm` and `erp` name the record and its amount; `difference` is ERP minus CRM."""
    way = "higher" if difference > 0 else "lower"
    text = f"{crm}, {erp}: ERP is {amount_text(abs(difference), currency)} {way}"
    return f"{text}; {_listed(others)}" if others else text


def explain_fields(what: str, fields: Sequence[DriftField]) -> str:
    """The record and each field that differs."""
    return f"{what}: {_listed(fields)}"


def closing_words(drift: Drift) -> str:
    """What it means that this drift is closed."""
    if drift.kind in ("missing_in_erp", "missing_in_crm"):
        return f"settled: neither side misses it any more; it was: {drift.explanation}"
    return f"settled: both sides agree, or no longer differ in this way; it was: {drift.explanation}"


def advice(drift: Drift) -> str:
    """What a person can do about an open drift."""
    if drift.status == "closed":
        return "Nothing is left to do."
    if drift.proposal in ("write_erp", "write_crm") and not drift.explained_by:
        side = "ERP" if drift.proposal == "write_erp" else "CRM"
        repair = f"meshline drift repair {drift.drift_id[:12]} --dry-run"
        return f"{_ADVICE[drift.kind]} What the owner holds can be written to the {side} again: `{repair}`."
    return _ADVICE[drift.kind]


def _listed(fields: Sequence[DriftField]) -> str:
    return "; ".join(
        f"{one.name} is {one.crm or 'empty'} in the CRM and {one.erp or 'empty'} in the ERP" for one in fields
    )
