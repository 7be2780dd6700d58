"""What a command asks for, in few characters: commands of one record with one fingerprint ask for the same. Pure."""

from __future__ import annotations

import json
from hashlib import sha256

from schemas.records import Command, Travelling


def body_of(command: Command) -> Travelling:
    """The one body of the command. ValueError: its kind's body is not set, or there is another one."""
    bodies = {
        "customer.upsert": command.customer,
        "order.place": command.order,
        "account": command.account,
        "opportunity": command.opportunity,
    }
    given = {name: body for name, body in bodies.items() if body is not None}
    if len(given) == 1:
        ((name, body),) = given.items()
        if name in (command.kind, command.kind.partition(".")[0]):
            return body
    raise ValueError(f"a {command.kind} command has the body of: {', '.join(given) or 'nothing'}")


def fingerprint(command: Command) -> str:
    """A digest of the body: independent of ids, versions and times."""
    text = json.dumps(body_of(command).model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()[:32]
