"""What people are told of a drift, in which form, and that a receiver that fails loses nothing."""

from __future__ import annotations

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from ops.reconcile.notice import actions, message_id, slack_message, webhook_body, webhook_headers, worth_telling
from ops.reconcile.notify import Notifier, Receiver
from schemas.records import Drift, DriftField

NOW = datetime.now(UTC)
SECRETS = ["whsec_" + base64.b64encode(b"new secret of the receiver").decode(), base64.b64encode(b"old" * 8).decode()]


def drift(status: Any = "opened", later: float = 0, **fields: Any) -> Drift:
    body = {
        "drift_id": "d" * 32, "entity": "opportunity", "key": "O1", "account_id": "A1", "kind": "total_mismatch",
        "status": status, "severity": "high", "money": Decimal(20), "currency": "EUR", "at_stake": Decimal(20),
        "fields": [DriftField(name="total", crm="100.00 EUR", erp="120.00 <EUR>")], "opened_at": NOW,
        "observed_at": NOW + timedelta(seconds=later), "explanation": "ERP is 20.00 EUR higher <!channel>",
        "proposal": "by_hand", "owner": "people",
    }  # fmt: skip
    return Drift.model_validate(body | fields)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_webhook_is_signed_as_the_standard_says(secret: str) -> None:
    """The standard's own library verifies it, with either of two live secrets."""
    body = webhook_body(drift(), "https://ops.example/")
    headers = webhook_headers(message_id(drift()), body, SECRETS, datetime.now(UTC))  # verified by the clock
    told = Webhook(secret).verify(body.decode(), headers)
    assert (told["type"], told["data"]["money"]) == ("drift.opened", "20")
    with pytest.raises(Exception, match="signature"):
        Webhook(secret).verify(body.decode() + " ", headers)


def test_a_repeat_has_the_same_id_and_another_telling_another() -> None:
    assert message_id(drift()) == message_id(drift())
    assert len({message_id(drift()), message_id(drift(later=1)), message_id(drift("closed"))}) == 3


def test_slack_blocks_are_small_and_command_nothing() -> None:
    message = slack_message(drift(explanation="<!channel> " + "x" * 5000), "https://ops.example")
    text = message["blocks"][0]["text"]["text"]
    assert len(text) <= 3000
    assert "<!channel>" not in json.dumps(message)
    assert "20.00 EUR at stake" in message["text"]
    assert "100.00 EUR" in slack_message(drift())["blocks"][0]["text"]["text"]


@pytest.mark.parametrize(
    ("fields", "links"),
    [
        ({}, {"explain"}),
        ({"proposal": "write_erp"}, {"explain", "repair"}),
        ({"explained_by": "letter:L1 missing_price"}, {"explain", "letter"}),
        ({"status": "closed"}, set()),
    ],
)
def test_action_links(fields: dict[str, Any], links: set[str]) -> None:
    one = drift(**fields)
    assert set(actions(one, "https://ops.example")) == links
    assert actions(one, "") == {}
    assert [block["type"] for block in slack_message(one, "https://ops.example")["blocks"]].count("actions") == bool(
        links
    )


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (("opened", ""), None, True),
        (("opened", "letter:L1"), None, False),  # the letter was told already
        (("changed", ""), "letter:L1", True),
        (("changed", "letter:L1"), "", False),
        (("closed", ""), "", True),
        (("closed", "letter:L1"), "letter:L1", False),
        (("closed", ""), None, False),  # its opening was never told
    ],
)
def test_one_root_cause_one_alert(now: tuple[str, str], before: str | None, told: bool) -> None:
    earlier = None if before is None else drift(explained_by=before)
    assert worth_telling(drift(now[0], explained_by=now[1]), earlier) is told


class Receiving:
    """A receiver that fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.seen: list[str] = []

    def __call__(self, sent: httpx.Request) -> httpx.Response:
        self.seen.append(sent.headers["webhook-id"])
        self.failures -= 1
        if self.failures == 1:
            raise httpx.ConnectError("away")
        return httpx.Response(500 if self.failures >= 0 else 204)


class Hurried(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def test_a_receiver_that_fails_gets_the_same_message_until_it_has_it() -> None:
    receiving = Receiving(failures=3)
    with httpx.Client(transport=httpx.MockTransport(receiving)) as client:
        notifier = Notifier(Receiver("https://hook.example", secrets=tuple(SECRETS)), client, Hurried())
        assert notifier.take(drift()) is True
        assert receiving.seen == [message_id(drift())] * 4
        assert notifier.take(drift()) is True  # the topic repeats it after a crash
        assert notifier.take(drift("closed", 5)) is True
        assert len(receiving.seen) == 5


def test_halted_before_it_was_taken_it_is_not_done() -> None:
    halt = Hurried()
    halt.set()
    with httpx.Client(transport=httpx.MockTransport(Receiving(9))) as client:
        assert Notifier(Receiver("https://hook.example"), client, halt).take(drift()) is False
