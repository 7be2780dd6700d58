"""A drift as a message to people: a signed webhook (Standard Webhooks) and Slack's block format. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from reconciler.explain import advice, amount_text
from schemas.identity import event_id_for
from schemas.records import Drift
from streams.runtime.clock import micros

_PREFIX = "whsec_"
_SEVERITY = {"high": ":red_circle:", "medium": ":large_orange_circle:", "low": ":white_circle:"}
_LIMIT = 2900  #: Slack takes 3,000 characters in a section
_FIELDS = 10


def worth_telling(drift: Drift, before: Drift | None) -> bool:
    """Whether people are told. What an open exception accounts for was told there; it is told once it no longer does.

    `before` is the telling of the same drift before this one, None for its first.
    """
    if drift.status == "closed":
        return before is not None and not before.explained_by
    return not drift.explained_by


def message_id(drift: Drift) -> str:
    """The same for a repeat of the same telling: receivers drop it by this id."""
    return f"msg_{event_id_for(f'drift/{drift.drift_id}/{drift.status}/{micros(drift.observed_at)}')}"


def webhook_body(drift: Drift, console_url: str = "") -> bytes:
    """`{"type": "drift.opened", "timestamp": ..., "data": {...}}`. Money is text; `actions` are links to act on it."""
    data = {**drift.model_dump(mode="json"), "what_to_do": advice(drift), "actions": actions(drift, console_url)}
    body = {"type": f"drift.{drift.status}", "timestamp": drift.observed_at.isoformat(), "data": data}
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def webhook_headers(message: str, body: bytes, secrets: list[str], now: datetime) -> dict[str, str]:
    """Signed with every live secret, newest first: receivers can rotate. Raises ValueError: not base64."""
    stamp = str(int(now.timestamp()))
    signed = b".".join((message.encode(), stamp.encode(), body))
    keys = [base64.b64decode(secret.removeprefix(_PREFIX), validate=True) for secret in secrets]
    marks = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }


def actions(drift: Drift, console_url: str) -> dict[str, str]:
    """Link by what it does. Empty without a console, and for what is closed."""
    if not console_url or drift.status == "closed":
        return {}
    page = f"{console_url.rstrip('/')}/drift/{drift.drift_id}"
    links = {"explain": page}
    if drift.explained_by.startswith("letter:"):
        links["letter"] = f"{console_url.rstrip('/')}/cases/{drift.explained_by.split()[0].removeprefix('letter:')}"
    if drift.proposal in ("write_erp", "write_crm"):
        links["repair"] = f"{page}/repair"
    return links


def slack_message(drift: Drift, console_url: str = "") -> dict[str, Any]:
    """Blocks and a plain text for notifications; what records hold is escaped, so that it commands nothing."""
    head = f"{_SEVERITY[drift.severity]} drift {drift.status}: {drift.entity} {drift.key}"
    money = ""
    if drift.at_stake is not None and drift.currency is not None:
        money = f" ({amount_text(drift.at_stake, drift.currency)} at stake)"
    fields = "\n".join(
        f"• *{_safe(one.name)}*: CRM {_safe(one.crm) or '_empty_'}, ERP {_safe(one.erp) or '_empty_'}"
        for one in drift.fields[:_FIELDS]
    )
    text = f"*{_safe(head)}*{money}\n{_safe(drift.explanation)}" + (f"\n{fields}" if fields else "")
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": text[:_LIMIT]}},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": _safe(advice(drift))[:_LIMIT]}]},
    ]
    buttons = [
        {"type": "button", "text": {"type": "plain_text", "text": name.capitalize()}, "url": url, "action_id": name}
        for name, url in actions(drift, console_url).items()
    ]
    if buttons:
        blocks.append({"type": "actions", "block_id": drift.drift_id, "elements": buttons})
    return {"text": f"{head}{money}"[:_LIMIT], "blocks": blocks}


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
