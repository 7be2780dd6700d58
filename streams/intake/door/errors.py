"""What can go wrong with the door itself."""

from __future__ import annotations


class DoorMisconfigured(Exception):
    """A setting of the door cannot be used; the message names it."""


class DoorFailed(Exception):
    """The door cannot go on and stops, so that whoever runs it starts it anew. Nothing accepted is lost."""


class Unavailable(Exception):
    """Kafka, the registry or the operations database does not answer: nothing was accepted, the sender retries."""
