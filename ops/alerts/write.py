"""`python -m ops.alerts.write`: make the file of alert rules anew."""

from __future__ import annotations

from pathlib import Path

import yaml

from ops.alerts.rules import rules

FILE = Path(__file__).parent / "dead_letters.yaml"
_HEAD = "# Made of schemas/reasons.yaml by `python -m ops.alerts.write`; a test holds it equal.\n"


def text() -> str:
    """The file as it must be."""
    return _HEAD + yaml.safe_dump(rules(), sort_keys=False, allow_unicode=True, width=120)


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
