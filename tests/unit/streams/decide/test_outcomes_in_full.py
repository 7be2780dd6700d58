"""Every row of the decision tables comes to exactly what `outcomes/` says: words, waits, and commands with their ids.

A change that is meant: `python -m tests.unit.streams.decide.write_outcomes`, and read the difference.
Ids and fingerprints are kept by the ledger and the operations database: one that changes would send everything again.
"""

from __future__ import annotations

import pytest
import yaml

from tests.unit.streams.decide.outcome_tables import OUTCOMES, TABLES, told

KEPT = {name: yaml.safe_load((OUTCOMES / f"{name}.yaml").read_text("utf-8")) for name in TABLES}


@pytest.mark.parametrize(("table", "row"), [(table, row) for table, (rows, _) in TABLES.items() for row in rows])
def test_a_row_comes_to_what_is_written(table: str, row: str) -> None:
    rows, decided = TABLES[table]
    event, known = rows[row][:2]
    assert told(decided(event, known)) == KEPT[table][row]


@pytest.mark.parametrize("table", TABLES)
def test_nothing_is_written_of_rows_that_are_not_there(table: str) -> None:
    assert list(KEPT[table]) == list(TABLES[table][0])
    assert {path.stem for path in OUTCOMES.glob("*.yaml")} == set(TABLES)
