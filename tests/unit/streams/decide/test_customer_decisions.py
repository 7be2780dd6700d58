"""FL2: what a change of a customer in the ERP comes to, and that two systems which answer each other fall silent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import contracts
from schemas.outcome import DeadLetter, Forward, Outcome, Skip, SkipWhy
from schemas.records import Account, AccountWriteBack, Command, Customer, CustomerUpsert
from schemas.topics import COMMAND_CRM
from streams.decide import Facts, Known, Policy, decide
from streams.decide.commands import fingerprint_of
from streams.decide.customer import owned_by_erp
from streams.facts.view import View
from tests.unit.streams.decide.cases import NOW, account, meta

POLICY = Policy()


def customer(tick: int = 1, actor: str = "ina", event: str = "", **over: Any) -> Customer:
    stamp = meta("customer", "a1", tick, source="poll:erp", actor=actor)
    if event:
        stamp = stamp.model_copy(update={"event_id": event})
    return Customer(meta=stamp, **({"id": "a1", "erp_id": "7", "code": "C1", "name": "Ada", "country": "DE"} | over))


def at(known: Customer | None = None, sent: Customer | None = None, shown: dict[str, Any] | None = None) -> Facts:
    """The account shows these fields; the customer was known so, and that was sent of it."""
    crm = account().model_copy(update={"erp_customer_code": "C1"} | (shown or {}))
    before = Known(known, in_crm=False) if known else None
    if before and sent:
        before = replace(before, fingerprint=fingerprint_of(owned_by_erp(sent)), fingerprint_event=sent.meta.event_id)
    return Facts(known=before, account=Known(crm, in_crm=True), customer_code="C1")


NET: dict[str, Any] = {"payment_terms": "30 days"}
OFF: dict[str, Any] = {"status": "inactive"}
CASES: dict[str, tuple[Customer, Facts, Any]] = {
    "first seen as the CRM has it": (customer(), at(), SkipWhy.UNCHANGED),
    "first seen, written by us": (customer(actor="meshline"), at(), SkipWhy.ECHO),
    "first seen, its code not yet in the CRM": (
        customer(actor="meshline"),
        at(shown={"erp_customer_code": None}),
        SkipWhy.ECHO,
    ),
    "first seen with terms": (customer(**NET), at(), {"payment_terms": "30 days", "erp_status": ""}),
    "first seen with terms that the CRM has": (customer(**NET), at(shown=NET), SkipWhy.UNCHANGED),
    "terms given": (customer(2, **NET), at(customer()), {"payment_terms": "30 days"}),
    "terms given by a person, then written by us before the poll": (
        customer(2, actor="meshline", **NET),
        at(customer()),
        {"payment_terms": "30 days"},
    ),
    "terms taken away": (customer(3), at(customer(2, **NET), customer(2, **NET)), {"payment_terms": ""}),
    "taken back before the CRM's echo came": (customer(3), at(customer(2, **NET), customer(2, **NET)), {}),
    "the CRM shows it, but something else was sent since": (
        customer(3, **NET),
        at(customer(2), customer(2), NET),
        {"payment_terms": "30 days"},
    ),
    "as sent": (customer(3, **NET), at(customer(2, **NET), customer(2, **NET)), SkipWhy.UNCHANGED),
    "as sent, told by our own write": (
        customer(3, actor="meshline", **NET),
        at(customer(2, **NET), customer(2, **NET)),
        SkipWhy.ECHO,
    ),
    "the very event again": (
        customer(2, **NET),
        at(customer(2, **NET), customer(2, **NET)),
        {"payment_terms": "30 days"},
    ),
    "blocked": (customer(2, **OFF), at(customer()), {"erp_status": "inactive"}),
    "freed": (customer(3), at(customer(2, **OFF), customer(2, **OFF)), {"erp_status": ""}),
    "another code": (customer(2, code="K9"), at(customer()), {"erp_customer_code": "K9"}),
    "a name: the CRM's": (customer(2, name="Bob"), at(customer()), SkipWhy.UNCHANGED),
    "known, but its last decision was perhaps undone": (
        customer(2),
        at(customer(0, event="x")),
        {"payment_terms": ""},
    ),
    "of no account": (customer(**NET), Facts(), SkipWhy.NO_FLOW),
    "of a deleted account": (
        customer(**NET),
        Facts(account=Known(account(), deleted=True, in_crm=True)),
        SkipWhy.NO_FLOW,
    ),
    "of an account that lives elsewhere": (customer(**NET), Facts(account=Known(account())), SkipWhy.NO_FLOW),
}


@pytest.mark.parametrize("name", CASES)
def test_a_customer(name: str) -> None:
    event, facts, wanted = CASES[name]
    outcome = decide(event, facts, POLICY, NOW)
    if isinstance(wanted, SkipWhy):
        assert isinstance(outcome, Skip)
        assert outcome.why is wanted
        return
    command = only(outcome)
    assert (command.kind, command.key, command.version) == ("account.terms", "a1", event.meta.version)
    assert command.account is not None
    assert wanted.items() <= command.account.model_dump().items()


def only(outcome: Outcome) -> Command:
    assert isinstance(outcome, Forward)
    (record,) = outcome.records
    assert record.topic == COMMAND_CRM.name
    assert isinstance(record.value, Command)
    return record.value


def test_what_it_writes_is_what_the_contract_says_the_erp_owns() -> None:
    terms = contracts().contracts["account"].fields
    owned = {name for name, field in terms.items() if field.system_of_record == "erp"}
    billing = {"currency", "outstanding_balance", "invoice_status", "invoice_number", "payment_status"}
    won = {name for name, field in terms.items() if field.direction == "crm_to_erp"}  # of two changes (DR3)
    assert owned == set(AccountWriteBack.model_fields) - billing - won


# -- two systems and the line between them

ERP_EDITS = st.tuples(
    st.sampled_from(["payment_terms", "status", "code", "name"]), st.sampled_from([None, "A", "B", "C"])
)
CRM_EDITS = st.tuples(st.sampled_from(["name", "phone", "country"]), st.sampled_from(["Ada", "Bob", "Cy"]))
STEPS = st.lists(
    st.one_of(
        ERP_EDITS.map(lambda edit: ("erp", *edit)),
        CRM_EDITS.map(lambda edit: ("crm", *edit)),
        st.sampled_from([("hear", "erp"), ("hear", "crm"), ("write",)]),
    ),
    max_size=25,
)


class Twins:
    """A CRM and an ERP with one customer each, and the decisions between them. The ERP tells its newest."""

    def __init__(self) -> None:
        self.account: dict[str, Any] = {"name": "Ada", "country": None, "phone": None}
        self.customer: dict[str, Any] | None = None
        self.view = View(codes={"a1": "C1"})
        self.tick = 0
        self.crm_log: list[Account] = []
        self.erp_dirty, self.erp_actor = False, "ina"
        self.commands: list[Command] = []
        self.stopped = False  # the ERP's newest is a letter: it changed what the CRM owns, and waits with all it brings
        self.edit_crm("ina", {})

    def edit_crm(self, actor: str, values: dict[str, Any]) -> None:
        self.tick += 1
        self.account |= values
        stamp = meta("account", "a1", self.tick, actor=actor)
        self.crm_log.append(Account(meta=stamp, id="a1", **{k: v or None for k, v in self.account.items()}))

    def edit_erp(self, actor: str, values: dict[str, Any]) -> None:
        self.tick += 1
        self.customer = (self.customer or {}) | values
        self.erp_dirty, self.erp_actor = True, actor

    def hear(self, side: str) -> None:
        if side == "crm" and self.crm_log:
            self.decide(self.crm_log.pop(0))
        elif side == "erp" and self.erp_dirty and self.customer is not None:
            self.erp_dirty = False
            stamp = meta("customer", "a1", self.tick, source="poll:erp", actor=self.erp_actor)
            fields = {k: v for k, v in self.customer.items() if k in Customer.model_fields}
            self.decide(Customer(meta=stamp, id="a1", erp_id="7", **fields))

    def decide(self, event: Account | Customer) -> None:
        outcome = decide(event, self.view.facts_for(event, None), POLICY, NOW)
        self.view.learn(event, outcome)
        if isinstance(event, Customer):
            self.stopped = isinstance(outcome, DeadLetter)
        if isinstance(outcome, Forward):
            self.commands += [one.value for one in outcome.records if isinstance(one.value, Command)]

    def write(self) -> None:
        if not self.commands:
            return
        command = self.commands.pop(0)
        if isinstance(command.customer, CustomerUpsert):
            held = self.customer or {}
            values = {
                "name": command.customer.name,
                "phone": command.customer.phone,
                "country": command.customer.country,
            }
            values["code"] = held.get("code") or command.customer.code
            if held | values != held:
                self.edit_erp("meshline", values)
        elif command.account is not None:
            wanted = {k: v or None for k, v in command.account.model_dump(exclude_none=True).items()}
            if self.account | wanted != self.account:
                self.edit_crm("meshline", wanted)

    def step(self, kind: str, *rest: Any) -> None:
        """One step: somebody edits a system, an event is heard, a command is written."""
        match kind, rest:
            case "erp", (name, value):
                if self.customer is not None and (value or name not in ("code", "name")):
                    self.edit_erp("ina", {name: value})
            case "crm", (name, value):
                self.edit_crm("ina", {name: value if name != "country" else None})
            case "write", _:
                self.write()
            case "hear", (side,):
                self.hear(side)
            case _:
                raise AssertionError(kind)

    def settle(self, rounds: int) -> bool:
        """Let everything that is under way arrive; whether nothing is left after so many rounds."""
        for _ in range(rounds):
            for _ in range(len(self.crm_log)):
                self.hear("crm")
            self.hear("erp")
            for _ in range(len(self.commands)):
                self.write()
        return not (self.crm_log or self.erp_dirty or self.commands)


@settings(max_examples=400, deadline=None)
@given(STEPS)
def test_both_sides_fall_silent_and_agree_on_what_the_erp_owns(steps: list[tuple[Any, ...]]) -> None:
    twins = Twins()
    for step in steps:
        twins.step(*step)
    assert twins.settle(4), "they go on answering each other: a change crosses once, and comes back once"
    assert twins.customer is not None
    if twins.stopped:
        return
    shown = {name: twins.account.get(name) for name in ("payment_terms", "erp_status", "erp_customer_code")}
    held = [twins.customer.get(name) or None for name in ("payment_terms", "status", "code")]
    if any(shown.values()):
        assert list(shown.values()) == held
    else:
        assert held == [None, None, "C1"], "nothing was ever told, and there is nothing to tell"
