"""What can go wrong in the delivery layer.

    TransportError
    ├── DeliveryFailed      an output did not reach the broker
    │   └── OutputTooLarge  it was refused before anything was sent: send another instead
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

from streams.transport.types import TP


class TransportError(Exception):
    """The delivery layer failed."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class DeliveryFailed(TransportError):
    """An output could not be delivered to the broker."""


class OutputTooLarge(DeliveryFailed):
    """The output is larger than `EngineOptions.max_message_bytes`. It was not sent; the batch goes on."""

    def __init__(self, topic: str, size: int, limit: int) -> None:
        super().__init__(f"an output to {topic} has {size} bytes, more than the {limit} that are allowed")
        self.topic = topic
        self.size = size
        self.limit = limit


class ConsumptionFailed(TransportError):
    """The consumer cannot go on."""


class TransactionFailed(TransportError):
    """A transaction could not be committed."""


class AgentFailed(TransportError):
    """An agent's body raised an exception."""


class Stalled(TransportError):
    """Messages are waiting and none was finished for too long.

    `tp` is the partition that has waited longest, `reader` who reads it; None and "" when a whole thread is stuck.
    """

    def __init__(self, message: str = "", tp: TP | None = None, reader: str = "") -> None:
        super().__init__(message)
        self.tp = tp
        self.reader = reader


class BatchClosed(TransportError):
    """The batch is finished: its offset may be committed already, so nothing can be emitted under it any more."""


class NotSupported(TransportError):
    """This feature of Faust is not supported by the transport."""
