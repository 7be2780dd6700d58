"""What can go wrong in the delivery layer.

    TransportError
    ├── DeliveryFailed      an output did not reach the broker
    ├── ConsumptionFailed   the consumer cannot go on
    ├── TransactionFailed   a transaction could not be committed
    ├── AgentFailed         the body of an agent raised, or ended
    ├── Stalled             there is work, and no progress
    ├── BatchClosed         an output was emitted too late
    └── NotSupported        a feature of Faust that this layer refuses

Each stops the worker, and nothing unfinished is committed; the exceptions are `BatchClosed` and a `DeliveryFailed`
raised by `emit` itself, which the caller may catch.
"""

from __future__ import annotations


class TransportError(Exception):
    """The delivery layer failed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class DeliveryFailed(TransportError):
    """An output could not be delivered to the broker."""


class ConsumptionFailed(TransportError):
    """The consumer cannot go on."""


class TransactionFailed(TransportError):
    """A transaction could not be committed."""


class AgentFailed(TransportError):
    """An agent's body raised an exception."""


class Stalled(TransportError):
    """Messages are waiting and none was finished for too long."""


class BatchClosed(TransportError):
    """The batch is finished: its offset may be committed already, so nothing can be emitted under it any more."""


class NotSupported(TransportError):
    """This feature of Faust is not supported by the transport."""
