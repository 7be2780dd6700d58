"""What the payment provider tells of: payments, and the money that went back for them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from schemas.records.envelope import Stamped
from schemas.records.fields import CurrencyCode, Identifier, Money

RefundKind = Literal["refund", "dispute"]


class Charge(Stamped):
    """A customer's payment. It says which invoice it paid; most refunds only say which payment they belong to."""

    id: Identifier
    status: str
    currency: CurrencyCode
    amount: Money
    invoice_number: str | None = None


class Refund(Stamped):
    """Money that goes back to the customer: by our own refund, or by a dispute that the customer opened at the bank.

    All refunds and disputes of a payment share its partition: `meta.account_id` is the payment's id.
    """

    id: Identifier
    kind: RefundKind
    status: str  #: the provider's word: pending, succeeded, failed; needs_response, under_review, won, lost
    charge_id: Identifier
    currency: CurrencyCode
    amount: Money
    invoice_number: str | None = None  #: None: its payment's
    reason: str | None = None
    created_at: datetime  #: when it was made at the provider
