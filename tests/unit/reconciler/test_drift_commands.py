"""How `meshline drift` shows a drift."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
import typer
from histories import at
from rich.console import Console
from test_history import drift
from typer.testing import CliRunner

from ops.cli.drift import age_of, facts_of, money_of, register, table_of
from schemas.records import DriftField


@pytest.mark.parametrize(
    ("later", "age"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=40), "40 s"),
        (timedelta(minutes=12, seconds=59), "12 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=2, hours=23), "2 d"),
    ],
)
def test_age(later: timedelta, age: str) -> None:
    assert age_of(drift("opened", 5), at(5) + later) == age


def test_money_has_its_sign_and_currency() -> None:
    assert money_of(drift("opened", 5)) == "+20.00 EUR"
    assert money_of(drift("opened", 5, money=Decimal("-3"), currency="JPY")) == "-3 JPY"
    assert money_of(drift("opened", 5, money=None)) == ""


def test_the_table_tells_both_values() -> None:
    out = StringIO()
    one = drift("opened", 5, fields=[DriftField(name="city", crm="Ghent", erp="")])
    Console(file=out, width=200).print(table_of([one], at(6)))
    assert "city: Ghent / -" in out.getvalue()
    assert "+20.00 EUR" in out.getvalue()


def test_data_is_whole_and_money_is_text() -> None:
    facts = facts_of(drift("opened", 5), at(6))
    assert (facts["money"], facts["age_seconds"], facts["status"]) == ("20", 60, "opened")


def test_without_a_broker_it_says_so() -> None:
    app = typer.Typer()
    register(app)
    away = {"MESHLINE_BOOTSTRAP": "127.0.0.1:1", "MESHLINE_REGISTRY_URL": "http://127.0.0.1:1"}
    result = CliRunner().invoke(app, ["drift", "list"], env=away)
    assert result.exit_code == 1
    assert "Kafka at 127.0.0.1:1 does not answer" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_age_that_is_none() -> None:
    app = typer.Typer()
    register(app)
    result = CliRunner().invoke(app, ["drift", "list", "--since", "yesterday"])
    assert result.exit_code == 2
    assert "neither an age" in result.stderr


@pytest.mark.parametrize(
    ("given", "words"),
    [({}, "nobody is to be told"), ({"MESHLINE_RECONCILER__NOTIFY_URL": "https://hook.example"}, "is signed")],
)
def test_without_a_receiver_or_a_secret_nothing_is_sent(given: dict[str, str], words: str) -> None:
    app = typer.Typer()
    register(app)
    away = {"MESHLINE_BOOTSTRAP": "127.0.0.1:1", "MESHLINE_REGISTRY_URL": "http://127.0.0.1:1"}
    result = CliRunner().invoke(app, ["drift", "notify"], env=away | given)
    assert result.exit_code == 1
    assert words in result.stderr


def test_a_repair_says_why() -> None:
    app = typer.Typer()
    register(app)
    assert CliRunner().invoke(app, ["drift", "repair", "d1"]).exit_code == 2
    assert CliRunner().invoke(app, ["drift", "repair", "d1", "--dry-run", "--to", "moon"]).exit_code == 2
