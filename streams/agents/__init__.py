"""The shells: Faust agents that decode, gather facts, decide, publish. What they know, they are given."""

from streams.agents.decide import DecideAgent
from streams.agents.holds import HoldReleaser
from streams.agents.normalise import NormaliseAgent
from streams.agents.overload import OverloadWatch
from streams.agents.parking import ParkingDrainer

__all__ = ["DecideAgent", "HoldReleaser", "NormaliseAgent", "OverloadWatch", "ParkingDrainer"]
