"""What a command asks for, in few characters: commands of one record with one fingerprint ask for the same. Pure."""

from __future__ import annotations

import json
from hashlib import sha256

from schemas.records import Command, Travelling

#: What a body is told as, and the kinds that it is the body of: by name, or by what they begin with.
_BODIES: dict[str, tuple[str, ...]] = {
    "customer": ("customer.upsert", "lead.customer"),
    "order": ("order.place", "lead.order"),
    "account": ("account",),
    "opportunity": ("opportunity",),
    "credit": ("credit",),
    "schedule": ("schedule",),
    "case": ("case",),
    "subscription": ("subscription",),
    "lead": ("lead.link", "lead.ordered"),
    "refund": ("refund",),
    "invoice": ("invoice",),
}


def body_of(command: Command) -> Travelling:
    """The one body of the command. ValueError: its kind's body is not set, or there is another one."""
    given: dict[str, Travelling] = {n: body for n in _BODIES if (body := getattr(command, n)) is not None}
    if len(given) == 1:
        ((name, body),) = given.items()
        if {command.kind, command.kind.partition(".")[0]} & {*_BODIES[name]}:
            return body
    told = ", ".join(_BODIES[name][0] for name in given) or "nothing"
    raise ValueError(f"a {command.kind} command has the body of: {told}")


def fingerprint(command: Command) -> str:
    """A digest of the body: independent of ids, versions and times."""
    text = json.dumps(body_of(command).model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:32]
