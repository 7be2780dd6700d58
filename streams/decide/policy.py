"""What the business decided, as decisions ask for it: a view on a set of rules (DR8, DR9)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from schemas.money import minor_unit
from schemas.outcome import Skip, SkipWhy
from schemas.records import Account, Envelope, Opportunity
from streams.matching import THRESHOLD
from streams.rules import Rules, Verdict, bucket_of, shipped
from streams.rules.decisions import GATHERED, Value
from streams.rules.decisions import Facts as RuleFacts

#: entity -> the flow that its events belong to
_FLOWS = {
    "account": "customer",
    "opportunity": "order",
    "line_item": "order",
    "invoice": "billing",
    "customer": "terms",
    "case": "credit",
    "subscription": "subscription",
    "lead": "lead",
    "charge": "refund",
    "refund": "refund",
}
#: gathered flow -> the systems that it writes to
_WRITES_TO = {"customer": frozenset({"erp"}), "terms": frozenset({"crm"}), "billing": frozenset({"crm", "erp"})}
_BASIS_POINTS = Decimal(100)  #: in a percent


def flow_of(entity: str) -> str:
    """The flow of an entity's events: "state" where none handles them."""
    return _FLOWS.get(entity, "state")


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules by name. Effective dates are compared with the time at which the event was received, never with a clock:
    the event read again is decided alike. `notes` collects what was asked, when somebody wants to know.
    """

    rules: Rules = field(default_factory=shipped)
    integration_user: str = "meshline"
    duplicate_threshold: float = THRESHOLD  #: from this score on a new account waits for people
    overloaded: frozenset[str] = frozenset()  #: targets that more waits for than they take
    notes: list[Verdict] | None = field(default=None, compare=False)

    def under(self, rules: Rules, overloaded: frozenset[str] | None = None) -> Policy:
        """The same with other rules, noting its verdicts, and with what is overloaded now where that is told."""
        return replace(self, rules=rules, notes=[], overloaded=self.overloaded if overloaded is None else overloaded)

    def is_overloaded(self, meta: Envelope) -> bool:
        """Whether the event's flow writes to a target that is."""
        return not self.overloaded.isdisjoint(_WRITES_TO.get(flow_of(meta.entity), ()))

    def window(self, meta: Envelope) -> timedelta:
        """Over which window the changes of the event's record are gathered; 0: each is decided as it comes."""
        flow = flow_of(meta.entity)
        if flow not in GATHERED:
            return timedelta(0)
        facts: RuleFacts = {"flow": flow, "account_id": meta.account_id, "overloaded": self.is_overloaded(meta)}
        return _duration(self._ask("batch.window", facts, meta.received_at))

    def stands_aside(self, meta: Envelope) -> Skip | None:
        """Why the event's flow does nothing for it; None where it takes part."""
        flow = flow_of(meta.entity)
        if not self._ask("flow", {"flow": flow}, meta.received_at):
            return Skip(SkipWhy.OUT_OF_PILOT, f"the flow {flow} is switched off")
        facts: RuleFacts = {"flow": flow, "account_id": meta.account_id, "bucket": bucket_of(meta.account_id)}
        if not self._ask("pilot", facts, meta.received_at):
            return Skip(SkipWhy.OUT_OF_PILOT, f"account {meta.account_id} does not take part yet")
        return None

    def discount_threshold_percent(self, opportunity: Opportunity, account: Account, at: datetime) -> Decimal:
        """Above it an approval must be recorded. The rule counts in basis points, so the figure is exact."""
        facts: RuleFacts = {
            "account_id": account.id,
            "country": account.country or "",
            "currency": opportunity.currency,
            # A deal that comes so far is worth whole minor units: its lines come to its amount.
            "amount_minor": int(opportunity.amount / minor_unit(opportunity.currency)),
        }
        points = self._ask("discount.threshold", facts, at)
        assert isinstance(points, int)
        return Decimal(points) / _BASIS_POINTS

    def list_price(self, sku: str, currency: str, at: datetime) -> Decimal | None:
        """What a unit costs before any discount; None where the rate card says nothing."""
        minor = self._ask("price.list", {"sku": sku, "currency": currency}, at)
        assert isinstance(minor, int)
        return minor * minor_unit(currency) if minor else None

    def price_tolerance_percent(self, account: Account, sku: str, currency: str, at: datetime) -> Decimal:
        """How far below the list a price may be without a recorded approval."""
        points = self._ask("price.tolerance", {"account_id": account.id, "sku": sku, "currency": currency}, at)
        assert isinstance(points, int)
        return Decimal(points) / _BASIS_POINTS

    def bills_by_itself(self, account: Account, currency: str, amount: Decimal, terms: str, at: datetime) -> bool:
        """Whether the invoice of a deal's order is composed and posted without an accountant.

        No, where the rules were activated before there was such a decision.
        """
        if "billing.automatic" in self.rules.lent or "billing.automatic" not in self.rules.compiled:
            return False
        minor = int(amount / minor_unit(currency))
        facts: RuleFacts = {"account_id": account.id, "currency": currency, "amount_minor": minor, "terms": terms}
        return self._ask("billing.automatic", facts, at) is True

    def revenue_account(self, sku: str, at: datetime) -> str:
        """The account of the general ledger that earns a product's revenue, by its code."""
        return str(self._ask("billing.account", {"sku": sku}, at))

    def months_to_earn(self, sku: str, at: datetime) -> int:
        """Over how many months a product's revenue is earned; 0: at once."""
        months = self._ask("billing.deferral", {"sku": sku}, at)
        assert isinstance(months, int)
        return months

    def hold_for(self, meta: Envelope) -> timedelta:
        """How long an event waits for its account."""
        facts = {"account_id": meta.account_id, "flow": flow_of(meta.entity)}
        return _duration(self._ask("hold.account", facts, meta.received_at))

    def line_grace(self, meta: Envelope, waits_for: str) -> timedelta:
        """How long a deal waits for its `lines` or its `contract`, and its invoice for the `signature`."""
        facts = {"account_id": meta.account_id, "waits_for": waits_for}
        return _duration(self._ask("hold.lines", facts, meta.received_at))

    def credit_cap(self, account: Account, currency: str, at: datetime) -> Decimal:
        """Up to which sum a period's service credits are within policy."""
        minor = self._ask("credit.cap", {"account_id": account.id, "currency": currency}, at)
        assert isinstance(minor, int)
        return minor * minor_unit(currency)

    def credit_period(self, account: Account, currency: str, at: datetime) -> timedelta:
        """Over how long service credits are added up."""
        return _duration(self._ask("credit.period", {"account_id": account.id, "currency": currency}, at))

    def may_approve_credit(self, approver: str, amount: Decimal, currency: str, at: datetime) -> tuple[bool, str]:
        """Whether this person may approve it above the cap, and why or why not."""
        facts: RuleFacts = {
            "approver": approver,
            "currency": currency,
            "amount_minor": int(amount / minor_unit(currency)),
        }
        verdict = self._verdict("credit.approver", facts, at)
        return verdict.value is True, verdict.why

    def _ask(self, name: str, facts: RuleFacts, at: datetime) -> Value:
        return self._verdict(name, facts, at).value

    def _verdict(self, name: str, facts: RuleFacts, at: datetime) -> Verdict:
        verdict = self.rules.decide(name, facts, at)
        if self.notes is not None and verdict not in self.notes:
            self.notes.append(verdict)
        return verdict


def _duration(value: Value) -> timedelta:
    assert isinstance(value, timedelta)
    return value
