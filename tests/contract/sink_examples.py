"""Commands for the sinks' tests. Every id is made from `key`, so a test names its own."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from schemas.identity import command_id_for
from schemas.money import line_amount
from schemas.records import (
    AccountWriteBack,
    Command,
    CommandKind,
    CreditGrant,
    CustomerUpsert,
    InvoiceDraft,
    InvoiceLine,
    InvoiceRefund,
    OpportunityWriteBack,
    OrderLine,
    OrderPlace,
    ScheduleAmend,
    Travelling,
)

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def command(
    kind: CommandKind, body: Travelling, *, key: str, account_id: str, version: int, sequence: int = 0, event: str = ""
) -> Command:
    event_id = event or f"event-{key}-{version}-{sequence}"
    named: dict[str, Any] = {kind.partition(".")[0]: body}
    return Command(
        command_id=command_id_for(event_id, kind, key),
        event_id=event_id,
        kind=kind,
        key=key,
        account_id=account_id,
        version=version,
        sequence=sequence,
        occurred_at=START + timedelta(seconds=version),
        decided_at=START + timedelta(seconds=version),
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        **named,
    )


def customer(account: str, version: int = 1, *, code: str | None = None, event: str = "", **fields: Any) -> Command:
    values = {"name": f"Müller & Söhne {account}", "city": "Köln", "country": "DE", **fields}
    body = CustomerUpsert(code=code or f"C-{account}", **values)
    return command("customer.upsert", body, key=account, account_id=account, version=version, event=event)


def order(
    key: str,
    account: str,
    version: int = 2,
    *,
    lines: tuple[tuple[str, str, str], ...] = (("SKU-001", "2", "480.0000"),),
    currency: str = "EUR",
    code: str | None = None,
    event: str = "",
) -> Command:
    """`lines` are (sku, quantity, net unit price)."""
    sold = [
        OrderLine(
            sku=sku,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            amount=line_amount(Decimal(quantity), Decimal(price), Decimal(0), currency),
        )
        for sku, quantity, price in lines
    ]
    body = OrderPlace(
        customer_code=code or f"C-{account}",
        currency=currency,
        total=sum((line.amount for line in sold), Decimal(0)),
        contract_reference="CT-2026-7",
        billing_terms="net 30",
        lines=sold,
    )
    return command("order.place", body, key=key, account_id=account, version=version, event=event)


def account_link(account: str, code: str, version: int = 1) -> Command:
    body = AccountWriteBack(erp_customer_code=code)
    return command("account.link", body, key=account, account_id=account, version=version)


def account_billing(account: str, currency: str, outstanding: str, version: int = 1, **fields: Any) -> Command:
    body = AccountWriteBack(currency=currency, outstanding_balance=Decimal(outstanding), **fields)
    return command("account.billing", body, key=account, account_id=account, version=version)


def credit(key: str, account: str, version: int = 2, *, amount: str = "120.50", currency: str = "EUR") -> Command:
    body = CreditGrant(
        customer_code=f"C-{account}",
        currency=currency,
        amount=Decimal(amount),
        granted_on=date(2026, 3, 1),
        approved_by="noor.haddad",
        reason="Vier Stunden ohne Dienst, 東京",
    )
    return command("credit.grant", body, key=key, account_id=account, version=version)


def refund(key: str, account: str, version: int = 2, *, charge: str = "ch_1", amount: str = "120.50") -> Command:
    """A part of the invoice of `order(key, account)`."""
    body = InvoiceRefund(
        invoice_id="1",
        invoice_number="2026/17",
        currency="EUR",
        amount=Decimal(amount),
        kind="refund",
        charge_id=charge,
        refunded_on=date(2026, 3, 1),
    )
    return command("refund.credit", body, key=key, account_id=account, version=version)


def schedule(key: str, account: str, version: int = 2, *, quantity: str = "2", **over: Any) -> Command:
    """The first state of a subscription, as the line sends it."""
    first = over.pop("starts_on", date(2026, 10, 1))
    values: dict[str, Any] = {"status": "active", "sku": "SKU-001", "quantity": Decimal(quantity), "currency": "EUR"}
    values |= {"unit_price": Decimal("31.0000"), "billing_interval": "month", "starts_on": first, "revision": 1}
    values |= {"effective_on": first, "bills_from": first, "adjustment": Decimal(0), "customer_code": f"C-{account}"}
    return command("schedule.amend", ScheduleAmend(**(values | over)), key=key, account_id=account, version=version)


def billed(
    kind: CommandKind, key: str, account: str, version: int = 2, *, erp_id: str = "1", reference: str = "PO 2026/0117"
) -> Command:
    """A step of the invoice of `order(key, account)`."""
    line = InvoiceLine(
        sku="SKU-001",
        quantity=Decimal(2),
        unit_price=Decimal("480.0000"),
        amount=Decimal("960.00"),
        account="4.2.2",
        defer_from=date(2026, 4, 1),
        defer_to=date(2027, 3, 31),
    )
    body = InvoiceDraft(
        erp_id=erp_id,
        currency="EUR",
        total=Decimal("960.00"),
        reference=reference,
        payment_terms="30 days",
        lines=[line],
    )
    return command(kind, body, key=key, account_id=account, version=version)


def account_terms(account: str, version: int = 1, terms: str = "30 days", status: str = "") -> Command:
    body = AccountWriteBack(erp_customer_code=f"C-{account}", payment_terms=terms, erp_status=status)
    return command("account.terms", body, key=account, account_id=account, version=version)


def opportunity_link(key: str, account: str, number: str, version: int = 1) -> Command:
    body = OpportunityWriteBack(erp_order_number=number)
    return command("opportunity.link", body, key=key, account_id=account, version=version)


def opportunity_billed(key: str, account: str, number: str, version: int = 1) -> Command:
    body = OpportunityWriteBack(billed_invoice_number=number, billed_on=date(2026, 3, 16))
    return command("opportunity.billed", body, key=key, account_id=account, version=version)


def opportunity_billing(key: str, account: str, outstanding: str, version: int = 1, **fields: Any) -> Command:
    body = OpportunityWriteBack(currency="EUR", outstanding_balance=Decimal(outstanding), **fields)
    return command("opportunity.billing", body, key=key, account_id=account, version=version)
