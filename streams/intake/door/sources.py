"""The senders the door knows: how each signs, and how its retries are recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from schemas.topics import WEBHOOK, Topic
from streams.intake.document import Document
from streams.intake.door.delivery import hubspot_delivery_id, standard_delivery_id, stripe_delivery_id
from streams.intake.door.errors import DoorMisconfigured
from streams.intake.door.signatures import hubspot, standard, stripe
from streams.intake.door.signatures.verdict import Signed, Verify

DeliveryId = Callable[[Signed, Document], str | None]

_SCHEMES: dict[str, tuple[Callable[[str], bytes], Verify, DeliveryId]] = {
    "hubspot": (hubspot.key_of, hubspot.verify, hubspot_delivery_id),
    "stripe": (stripe.key_of, stripe.verify, stripe_delivery_id),
    "standard": (standard.key_of, standard.verify, standard_delivery_id),
}


@dataclass(frozen=True, slots=True)
class Source:
    """One sender. Without keys it is known, but nothing from it can be trusted yet."""

    name: str
    topic: Topic
    keys: tuple[bytes, ...]
    verify: Verify
    delivery_id: DeliveryId


def make_sources(secrets: Mapping[str, Sequence[SecretStr]]) -> dict[str, Source]:
    """Every source by name, with its keys. Raises DoorMisconfigured for a secret that cannot be one."""
    unknown = sorted(set(secrets) - set(_SCHEMES))
    if unknown:
        raise DoorMisconfigured(
            f"door.secrets: no source is called {', '.join(unknown)}; there are {', '.join(_SCHEMES)}"
        )
    sources = {}
    for name, (key_of, verify, delivery_id) in _SCHEMES.items():
        try:
            keys = tuple(key_of(secret.get_secret_value()) for secret in secrets.get(name, ()))
        except ValueError as error:
            raise DoorMisconfigured(f"door.secrets.{name}: {error}") from None
        sources[name] = Source(name, WEBHOOK[name], keys, verify, delivery_id)
    return sources
