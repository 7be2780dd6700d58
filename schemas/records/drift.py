"""A difference between the two sides, as the reconciler tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from schemas.records.envelope import Travelling
from schemas.records.fields import Identifier, Money

DriftKind = Literal[
    "missing_in_erp", "missing_in_crm", "deleted_on_one_side", "duplicate", "field_mismatch", "total_mismatch"
]
DriftStatus = Literal["opened", "changed", "closed"]


class DriftField(Travelling):
    """One field that differs: the CRM's value and the ERP's, as text."""

    name: Identifier
    crm: str
    erp: str


class Drift(Travelling):
    """One drift of one record. `drift_id` is deterministic, so a repeat is the same alert."""

    drift_id: Identifier
    entity: Identifier  #: the CRM's name of the pair: account, opportunity
    key: Identifier
    account_id: Identifier
    kind: DriftKind
    status: DriftStatus
    severity: Literal["high", "medium", "low"]
    fields: list[DriftField]
    money: Money | None = None  #: ERP minus CRM, where totals differ
    currency: str | None = None
    crm_version: int | None = None
    erp_version: int | None = None
    opened_at: datetime
    observed_at: datetime
    explanation: str = ""
    at_stake: Money | None = None  #: what may be wrong at most, in `currency`; never negative
    owner: str = ""  #: whose value is right: crm, erp, or people who have to decide
    proposal: str = ""  #: how it can be put right: write_erp, write_crm, or by_hand
    explained_by: str = ""  #: an open exception that accounts for it, such as letter:<id>: it was told there
    rules_version: str = ""  #: of the rules that it was judged by
