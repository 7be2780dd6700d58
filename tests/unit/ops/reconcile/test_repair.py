"""Which side is written, by which command, under which name; and whose drifts weigh most."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ops.access.roles import Role
from ops.cli.drift_repair import weighed
from ops.reconcile.repair import as_never_sent, direction_of, needed_role, nonce_of, shown, write_crm, write_erp
from schemas.outcome import DeadLetter, Forward, Hold, Skip, SkipWhy, Wait, WaitKind
from schemas.reasons import Reason
from schemas.records import Account, Command, Customer, Drift, Envelope
from streams.decide import Facts, Known, Policy, decide

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def drift(**fields: Any) -> Drift:
    body = {
        "drift_id": "d" * 32, "entity": "account", "key": "A1", "account_id": "A1", "kind": "field_mismatch",
        "status": "opened", "severity": "medium", "fields": [], "opened_at": NOW, "observed_at": NOW,
        "proposal": "write_erp", "owner": "crm",
    }  # fmt: skip
    return Drift.model_validate(body | fields)


def meta(side: Any, entity: Any, version: int = 7) -> Envelope:
    return Envelope(
        event_id=f"{side}-event", source="cdc:crm", side=side, entity=entity, key="A1", account_id="A1",
        operation="update", version=version, occurred_at=NOW, received_at=NOW, origin="raw/0/0",
    )  # fmt: skip


ACCOUNT = Account(meta=meta("crm", "account"), id="A1", name="Acme")
CUSTOMER = Customer(meta=meta("erp", "customer", 99), id="A1", erp_id="5", code="C-5", name="Acne")


@pytest.mark.parametrize(
    ("fields", "to", "direction"),
    [
        ({}, None, "erp"),
        ({"proposal": "write_crm"}, None, "crm"),
        ({}, "crm", "belong to the CRM"),
        ({"proposal": "write_crm"}, "erp", "belong to the ERP"),
        ({"proposal": "by_hand"}, None, "--to erp or --to crm"),
        ({"proposal": "by_hand"}, "erp", "erp"),
        ({"status": "closed"}, "erp", "closed"),
        ({"explained_by": "letter:L1"}, None, "letter:L1"),
        ({"kind": "duplicate"}, "erp", "holds it twice"),
        ({"kind": "missing_in_crm"}, "crm", "does not know"),
        ({"kind": "deleted_on_one_side"}, "erp", "deleted"),
        ({"entity": "invoice", "kind": "total_mismatch"}, "erp", "finance"),
    ],
)
def test_the_owner_of_the_fields_decides_the_direction(fields: dict[str, Any], to: Any, direction: str) -> None:
    found = direction_of(drift(**fields), to)
    assert found == direction or (direction not in ("erp", "crm") and direction in found)


def test_money_takes_an_approver() -> None:
    assert needed_role(drift()) is Role.OWNER
    assert needed_role(drift(money=Decimal(1), currency="EUR")) is Role.APPROVER
    assert needed_role(drift(at_stake=Decimal(1), currency="EUR")) is Role.APPROVER


def facts(fingerprint: str) -> Facts:
    known = Known(ACCOUNT, fingerprint=fingerprint, fingerprint_event="an earlier event", in_crm=True)
    return Facts(known=known, account=known, customer_code="C-5")


def decided() -> Forward:
    first = decide(ACCOUNT, as_never_sent(facts("")), Policy(), NOW)
    assert isinstance(first, Forward)
    return first


def test_what_was_sent_already_is_decided_again_and_marked_as_a_repair() -> None:
    plan = write_erp(drift(), decided())
    (record,) = plan.commands
    command = record.value
    assert isinstance(command, Command)
    assert (command.kind, command.repair, command.version) == ("customer.upsert", nonce_of(drift()), 7)
    usual = decided().records[0].value
    assert isinstance(usual, Command)
    assert (command.event_id, command.customer) == (usual.event_id, usual.customer)
    assert command.command_id != usual.command_id
    assert "customer.upsert A1" in shown(plan.commands)[0]


def test_asked_for_twice_it_is_one_command_and_after_a_change_another() -> None:
    def command_id(one: Drift) -> str:
        value = write_erp(one, decided()).commands[0].value
        assert isinstance(value, Command)
        return value.command_id

    assert command_id(drift()) == command_id(drift())
    assert command_id(drift()) != command_id(drift(observed_at=NOW + timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (DeadLetter(Reason.MISSING_PRICE, "no price"), "no price"),
        (Hold(NOW, Wait(WaitKind.ACCOUNT, "A1"), Reason.MISSING_ACCOUNT, "not there"), "waits for account A1"),
        (Skip(SkipWhy.OUT_OF_PILOT, "not yet"), "not yet"),
    ],
)
def test_what_cannot_be_decided_is_not_repaired(outcome: Any, words: str) -> None:
    plan = write_erp(drift(), outcome)
    assert plan.commands == ()
    assert words in plan.why_not


def test_what_the_erp_named_goes_back_to_the_crm_at_the_crms_version() -> None:
    plan = write_crm(drift(proposal="write_crm"), Known(ACCOUNT, in_crm=True), CUSTOMER, NOW)
    command = plan.commands[0].value
    assert isinstance(command, Command)
    assert (command.kind, command.version, command.event_id) == ("account.link", 7, "crm-event")
    assert command.account is not None
    assert command.account.erp_customer_code == "C-5"


@pytest.mark.parametrize("crm", [None, Known(ACCOUNT), Known(ACCOUNT, in_crm=True, deleted=True)])
def test_a_record_that_the_crm_has_not_is_not_written_there(crm: Known | None) -> None:
    assert write_crm(drift(), crm, CUSTOMER, NOW).commands == ()


def test_the_heaviest_account_comes_first() -> None:
    rows = weighed(
        [
            drift(account_id="A1", severity="low"),
            drift(account_id="A2", severity="high", at_stake=Decimal(5), currency="EUR"),
            drift(account_id="A3", severity="high", at_stake=Decimal(50), currency="EUR", explained_by="letter:L1"),
            drift(account_id="A3", severity="low", at_stake=Decimal(1), currency="USD"),
        ]
    )
    assert [row["account_id"] for row in rows] == ["A3", "A2", "A1"]
    assert (rows[0]["open"], rows[0]["unexplained"], rows[0]["at_stake"]) == (2, 1, {"EUR": "50", "USD": "1"})
