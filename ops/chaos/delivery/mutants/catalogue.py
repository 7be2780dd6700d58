"""All mutants of the layer."""

from __future__ import annotations

from ops.chaos.delivery.mutants.finishing import FINISHING
from ops.chaos.delivery.mutants.mutant import Mutant
from ops.chaos.delivery.mutants.reading import READING
from ops.chaos.delivery.mutants.transactions import TRANSACTIONS

MUTANTS: tuple[Mutant, ...] = (*FINISHING, *TRANSACTIONS, *READING)
