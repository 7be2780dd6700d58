"""Plain values and their text: what JSON and YAML can hold, written the same way each time. Pure."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import yaml

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def plain(value: Any) -> Any:
    """A decoded value as JSON can hold it: decimals and times as text, bytes as UTF-8 text with escapes."""
    if isinstance(value, dict):
        return {name: plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [plain(child) for child in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def length(duration: timedelta) -> tuple[int, str]:
    """A duration in its largest whole unit: (15, "m")."""
    seconds = int(duration.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0 or size == 1)
    return seconds // size, unit


def yaml_text(document: dict[str, Any], head: str) -> str:
    """The document as YAML without anchors, under a comment line."""
    body = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118)
    return f"# {head}\n{body}"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True
