"""What waits for each target, in one sentence for `meshline doctor`."""

from __future__ import annotations

from datetime import UTC, datetime

from ops.loads import sentence_of
from streams.overload import Load

AT = datetime(2026, 3, 10, 9, 30, 5, tzinfo=UTC)


def test_each_target_is_told_with_its_mode_and_what_waits() -> None:
    loads = {"crm": Load(waiting=3, looked_at=AT), "erp": Load(True, AT, None, 1200, AT), "new": Load()}
    assert sentence_of(loads) == (
        "CRM: keeps up; 3 commands waited at 09:30:05 UTC; "
        "ERP: overloaded since 2026-03-10 09:30 UTC, flows gather by rule; 1200 commands waited at 09:30:05 UTC; "
        "NEW: nobody has looked yet"
    )
    assert sentence_of({}) == "nobody has looked yet"
