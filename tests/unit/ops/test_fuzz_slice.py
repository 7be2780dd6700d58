"""A short slice of `meshline chaos fuzz`; the whole of it is 10^5 files and 10^6 records."""

from __future__ import annotations

import json

from ops.chaos.fuzz.schema_files import fuzz_schema_files
from ops.chaos.fuzz.wire_records import fuzz_records
from ops.cli.bench_gate import own_schemas


def test_damaged_schema_files_are_findings_and_nothing_worse() -> None:
    texts = [json.dumps(schema, indent=2) for schema in own_schemas()]
    outcome = fuzz_schema_files(texts, 400, seed=7)
    assert outcome.clean, outcome
    assert outcome.inputs == 400
    assert {"ML060", "ML061", "ML062", "clean"} <= set(outcome.verdicts)


def test_damaged_records_are_undecodable_or_read_as_fastavro_reads_them() -> None:
    outcome = fuzz_records(own_schemas(), 8_000, seed=7)
    assert outcome.clean, outcome
    assert outcome.verdicts["undecodable"] > 1_000
    assert outcome.verdicts["read"] > 100
