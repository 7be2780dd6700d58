"""Every command that may fail is about a record that its letter can name."""

from __future__ import annotations

from typing import get_args

import pytest

from schemas.records import CommandKind
from schemas.topics import STATE_CRM
from sinks.effects import entity_of
from streams.facts.view import MODELS
from tests.contract.sink_examples import account_link


@pytest.mark.parametrize("kind", get_args(CommandKind))
def test_a_command_is_about_a_record_of_the_crm(kind: CommandKind) -> None:
    entity = entity_of(account_link("a", "C-1").model_copy(update={"kind": kind}))
    assert entity in MODELS
    assert entity in STATE_CRM or entity in ("case", "subscription", "lead", "refund")


def test_the_invoice_of_an_order_is_about_its_deal() -> None:
    assert entity_of(account_link("a", "C-1").model_copy(update={"kind": "invoice.post"})) == "opportunity"
