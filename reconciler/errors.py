"""What can go wrong in the reconciler. Each of them stops the worker; its folder stays right.

ReconcilerError
├── FolderInUse         another reconciler works in this folder
├── BrokerUnavailable   Kafka does not answer
├── TopicMissing        a topic that is to be read is not there
├── ReadFailed          the consumer cannot go on
└── EmitFailed          a drift did not reach the broker
"""

from __future__ import annotations


class ReconcilerError(Exception):
    """The reconciler failed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class FolderInUse(ReconcilerError):
    """Another reconciler works in this folder: stop it, or give this one a folder of its own."""


class BrokerUnavailable(ReconcilerError):
    """Kafka does not answer: run `meshline up`, or check MESHLINE_BOOTSTRAP."""


class TopicMissing(ReconcilerError):
    """A topic is not there: run `meshline topics apply`."""


class ReadFailed(ReconcilerError):
    """The consumer cannot go on."""


class EmitFailed(ReconcilerError):
    """A drift did not reach the broker; it is kept, and sent again at the next start."""
