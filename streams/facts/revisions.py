"""Which waiting events a newer one takes the place of, and which it must not overtake. Pure.

A record's newer state makes the older one needless. A subscription's revisions bill days of their own, so they wait in
a row and go on in their order; only a newer state of the same revision takes the place of one. A revision that arrives
in the moment in which an earlier one was released and is not decided yet does not see it: the ERP refuses to begin with
a later one, and its letter is to be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.records import Stamped, Subscription
from streams.decide.facts import Known
from streams.letters.holds import OpenHold


def given_up(held: Sequence[OpenHold], event: Stamped, known: Known | None) -> list[OpenHold]:
    """The holds of its record that the event ends. `known` is the newest state before it."""
    older = [hold for hold in held if hold.gives_way_to(event.meta.event_id, event.meta.position)]
    if not isinstance(event, Subscription):
        return older
    same = known is not None and isinstance(known.record, Subscription) and known.record.revision == event.revision
    newest = known.record.meta.event_id if known is not None and same else None
    return [hold for hold in older if hold.ended_by == event.meta.event_id or hold.event_id == newest]


def waits_ahead(held: Sequence[OpenHold], event: Stamped, known: Known | None) -> bool:
    """Whether an earlier revision of the event's subscription waits."""
    if not isinstance(event, Subscription):
        return False
    ended = given_up(held, event, known)
    return any(hold.ended_by is None and hold.position < event.meta.position and hold not in ended for hold in held)
