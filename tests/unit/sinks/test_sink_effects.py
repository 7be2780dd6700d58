"""Every command that may fail is about a record that its letter can name, and has one body that it is known by."""

from __future__ import annotations

from typing import get_args

import pytest

from schemas.records import Command, CommandKind, Travelling
from sinks.effects import entity_of
from sinks.fingerprint import fingerprint
from streams.facts.view import MODELS
from tests.contract.sink_examples import account_link
from tests.unit.schemas.examples import example

_WHOLE = Command(**dict(example(Command)))
_BODIES = [name for name, value in _WHOLE if isinstance(value, Travelling) and name != "expects"]


@pytest.mark.parametrize("kind", get_args(CommandKind))
def test_a_command_is_about_a_record_of_the_crm(kind: CommandKind) -> None:
    assert entity_of(account_link("a", "C-1").model_copy(update={"kind": kind})) in MODELS


def test_the_invoice_of_an_order_is_about_its_deal() -> None:
    assert entity_of(account_link("a", "C-1").model_copy(update={"kind": "invoice.post"})) == "opportunity"


@pytest.mark.parametrize("kind", get_args(CommandKind))
def test_a_kind_has_one_body_that_it_is_known_by(kind: CommandKind) -> None:
    def fits(name: str) -> bool:
        try:
            others = dict.fromkeys(_BODIES)
            fingerprint(_WHOLE.model_copy(update={**others, name: getattr(_WHOLE, name), "kind": kind}))
        except ValueError:
            return False
        return True

    assert len([name for name in _BODIES if fits(name)]) == 1
