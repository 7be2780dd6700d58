"""What can keep a campaign from a verdict."""

from __future__ import annotations


class ChaosError(Exception):
    """The campaign could not be carried out; this says nothing about the layer."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class WorkersGaveUp(ChaosError):
    """The workers ended by themselves again and again."""


class MutantDoesNotApply(ChaosError):
    """The text that a mutant replaces is not in the layer, or more than once."""


class NoSourceTree(ChaosError):
    """Mutants are judged by the layer's own tests, which are in the source tree only: run this in a checkout."""
