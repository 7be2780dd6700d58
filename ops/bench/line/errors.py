"""What can go wrong with a bench."""

from __future__ import annotations


class BenchFailed(Exception):
    """The bench could not be run."""


class RunFailed(BenchFailed):
    """One system's run came to nothing; the bench goes on with the others."""


class PlotsMissing(BenchFailed):
    """Plots need matplotlib: install meshline with its extra `bench`."""
