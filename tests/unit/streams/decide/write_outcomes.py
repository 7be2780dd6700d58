"""Write `outcomes/` anew, after a change that is meant: `python -m tests.unit.streams.decide.write_outcomes`.

Read the difference: each line of it is something that people or systems are told otherwise.
"""

from __future__ import annotations

import yaml

from tests.unit.streams.decide.outcome_tables import OUTCOMES, TABLES, told


def main() -> None:
    for name, (rows, decided) in TABLES.items():
        kept = {row: told(decided(*given[:2])) for row, given in rows.items()}
        text = yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)
        (OUTCOMES / f"{name}.yaml").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
