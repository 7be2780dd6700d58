"""Write `faults.yaml` anew, after a change that is meant: `python -m tests.unit.streams.rules.write_faults`."""

from __future__ import annotations

import yaml

from tests.unit.streams.rules.fault_rows import SETS
from tests.unit.streams.rules.test_rules_faults_in_full import FAULTS, found


def main() -> None:
    kept = {name: found(name) for name in SETS}
    FAULTS.write_text(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=118), "utf-8")


if __name__ == "__main__":
    main()
