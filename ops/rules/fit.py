"""Does the active set of rules still fit this program? It may have been activated before decisions were added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from ops.rules.desk import newest_rules
from streams.rules import Rules, read_rule, shipped_texts
from streams.rules.check import Fault, faults_of
from streams.runtime.database import operations_engine
from streams.runtime.settings import Settings
from streams.runtime.tables import rule_sets


@dataclass(frozen=True, slots=True)
class Fit:
    """`lacks`: decisions that the shipped rules answer for the set. `faults`: events that it has no one answer for."""

    version: str
    lacks: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()

    def told(self) -> str:
        """In one or two sentences."""
        said = f"{self.version} decides"
        if self.lacks:
            said += f"; it has no rule for {', '.join(self.lacks)}: the shipped ones answer"
        if self.faults:
            first = self.faults[0]
            said += f"; {len(self.faults)} faults, the first in {first.where}: {first.what}"
        return said


def lent_to(rules: Rules) -> dict[str, str]:
    """The shipped files that answer for what a set lacks, under names that the set does not use."""
    found = {name: text for name, text in shipped_texts().items() if read_rule(name, text).decides in rules.lacks}
    return {f"shipped-{name}": text for name, text in found.items()}


def fit_of(rules: Rules, texts: Mapping[str, str]) -> Fit:
    """How an activated set fits, from what it says. What it lacks is not counted as a fault: it is lent."""
    return Fit(rules.version, rules.lacks, tuple(faults_of({**lent_to(rules), **texts})))


async def live_fit(settings: Settings) -> Fit:
    """Of the set that decides what is to come. Raises RulesError where no worker could use it."""
    database: AsyncEngine = operations_engine(settings.operations_url, pool_size=1)
    try:
        rules = await newest_rules(database, settings)
        async with database.connect() as connection:
            texts = await connection.scalar(select(rule_sets.c.texts).where(rule_sets.c.version == rules.version))
    finally:
        await database.dispose()
    return fit_of(rules, texts) if texts else Fit(rules.version)
