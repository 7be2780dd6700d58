"""Raw records in many shapes become canonical events. Pure: bytes are decoded by the agent."""

from streams.intake.normalise.normalise import Arrival, Nothing, normalise

__all__ = ["Arrival", "Nothing", "normalise"]
