"""All mutants of the layer."""

from __future__ import annotations

from ops.chaos.delivery.mutants.committing import COMMITTING
from ops.chaos.delivery.mutants.finishing import FINISHING
from ops.chaos.delivery.mutants.mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (*FINISHING, *COMMITTING)
