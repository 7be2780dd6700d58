"""The accountant: posts invoices in the ERP as their orders come, and books payments, some of them in parts."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ops.demo.erp import Erp
from ops.demo.records import Billing
from schemas.money import round_money

_AT_ONCE = 6  # invoices posted by one press of the button
_SHARE = Decimal("0.4")
_LOOK_S = 0.5


class Accountant:
    """Works through `billing` in the ERP until all of it is done, or `stop` is set. Raises DemoFailed."""

    def __init__(self, erp: Erp, billing: Mapping[str, Billing], today: date) -> None:
        self._erp, self._today = erp, today
        self._open = dict(billing)
        self._currencies = {row["id"]: row["code"] for row in erp.read("currency.currency", [], ["code"])}
        methods = erp.read("account.invoice.payment.method", [], ["name"])
        self._method = methods[0]["id"]

    @property
    def left(self) -> int:
        return len(self._open)

    def work(self, stop: threading.Event) -> None:
        while self._open and not stop.is_set():
            if not self._round():
                stop.wait(_LOOK_S)

    def _round(self) -> int:
        """One look at what has come; how many orders were billed."""
        domain = [["reference", "in", sorted(self._open)], ["state", "in", ["processing", "done"]]]
        sales = [row for row in self._erp.read("sale.sale", domain, ["reference", "invoices"]) if row["invoices"]]
        batch = sales[:_AT_ONCE]
        if not batch:
            return 0
        invoices = {row["reference"]: row["invoices"][0] for row in batch}
        self._post(list(invoices.values()))
        rows = self._erp.read_ids("account.invoice", invoices.values(), ["total_amount", "currency", "party"])
        for reference, invoice_id in invoices.items():
            self._collect(invoice_id, rows[invoice_id], self._open.pop(reference))
        return len(batch)

    def _post(self, ids: Sequence[int]) -> None:
        drafts = [
            row["id"]
            for row in self._erp.read_ids("account.invoice", ids, ["state"]).values()
            if row["state"] == "draft"
        ]
        if drafts:
            self._erp.call("model.account.invoice.post", drafts)

    def _collect(self, invoice_id: int, invoice: Mapping[str, Any], billing: Billing) -> None:
        total, currency = invoice["total_amount"], self._currencies[invoice["currency"]]
        part = round_money(total * _SHARE, currency)
        if billing in ("part paid", "paid in two parts"):
            self._pay(invoice_id, part)
        if billing == "paid in two parts":
            self._pay(invoice_id, total - part)
        if billing == "paid":
            self._pay(invoice_id, total)

    def _pay(self, invoice_id: int, amount: Decimal) -> None:
        """The ERP's own dialogue: its proposal, the amount, and "partial" where it asks."""
        context = {"active_model": "account.invoice", "active_id": invoice_id, "active_ids": [invoice_id]}
        session, start, _ = self._erp.call("wizard.account.invoice.pay.create")
        execute = "wizard.account.invoice.pay.execute"
        form = _fields(self._erp.call(execute, session, {}, start, **context))
        form.update(payment_method=self._method, date=self._today, amount=amount)
        asked = self._erp.call(execute, session, {"start": form}, "choice", **context)
        if asked and asked.get("view"):
            answer = {**_fields(asked), "type": "partial"}
            self._erp.call(execute, session, {"start": form, "ask": answer}, "pay", **context)
        self._erp.call("wizard.account.invoice.pay.delete", session)


def _fields(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The proposed values; those with a dot are for the eyes only."""
    return {name: value for name, value in answer["view"]["defaults"].items() if not name.endswith(".")}
