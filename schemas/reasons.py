"""The catalogue of reason codes, read from `reasons.yaml`."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Reason(StrEnum):
    """Why an event could not go through. Closed: a test holds it equal to the catalogue."""

    UNDECODABLE = "undecodable"
    CONTRACT_VIOLATION = "contract_violation"
    MISSING_ACCOUNT = "missing_account"
    MISSING_PRODUCT = "missing_product"
    MISSING_PRICE = "missing_price"
    PRICE_BELOW_LIST = "price_below_list"
    DISCOUNT_NEEDS_APPROVAL = "discount_needs_approval"
    CREDIT_NEEDS_APPROVAL = "credit_needs_approval"
    REFUND_NOT_MATCHED = "refund_not_matched"
    CURRENCY_UNKNOWN = "currency_unknown"
    DUPLICATE_CUSTOMER = "duplicate_customer"
    CONFLICT_ON_FINANCIAL_FIELD = "conflict_on_financial_field"
    WRITTEN_BY_WRONG_SIDE = "written_by_wrong_side"
    STALE_VERSION = "stale_version"
    HOLD_EXPIRED = "hold_expired"
    ERP_REJECTED = "erp_rejected"
    ERP_AMBIGUOUS = "erp_ambiguous"
    ERP_VERIFICATION_FAILED = "erp_verification_failed"
    PARTIAL_WRITE = "partial_write"
    MAPPING_MISSING = "mapping_missing"
    UNCLASSIFIED = "unclassified"


class ReasonEntry(BaseModel):
    """One line of the catalogue. `sla` is the time to resolve a letter.

    `floods`: it can be our own fault, so it counts for the flood fuse.
    `billing_hold`: billing waits when `sla` is over.
    `blocks`: while its letter is open, later events of the record are parked. `collapse`: of those that carry the
    full state only the newest is decided.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    stage: Literal["normalise", "decide", "sink", "any"]
    impact: Literal["A", "B", "C"] = Field(alias="class")
    retryable: bool
    owner: str
    backup: str
    sla: timedelta
    floods: bool = False
    billing_hold: bool = False
    blocks: bool = False
    collapse: bool = False
    suggest: Literal["account", "product"] | None = None
    meaning: str
    action: str


class Rush(BaseModel):
    """Large amounts are resolved sooner. `from_amount`: ISO currency -> the amount from which on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    divide_sla_by: int = Field(ge=1)
    from_amount: dict[str, Decimal]

    def time_for(self, sla: timedelta, money: Decimal | None, currency: str) -> timedelta:
        """The time to resolve a letter about this much money."""
        least = self.from_amount.get(currency)
        large = money is not None and least is not None and abs(money) >= least
        return sla / self.divide_sla_by if large else sla


@cache
def rush() -> Rush:
    """What the catalogue says about large amounts."""
    return Rush.model_validate(yaml.safe_load(files("schemas").joinpath("reasons.yaml").read_text("utf-8"))["rush"])


@cache
def catalogue() -> dict[Reason, ReasonEntry]:
    """Every reason with its entry, in the file's order."""
    document = yaml.safe_load(files("schemas").joinpath("reasons.yaml").read_text("utf-8"))
    return {Reason(code): ReasonEntry.model_validate(entry) for code, entry in document["reasons"].items()}
