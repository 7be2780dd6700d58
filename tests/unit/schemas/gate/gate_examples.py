"""Short ways to say a schema, and to check one against another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from schemas.gate.check import check
from schemas.gate.findings import Report, Subject, Version
from schemas.gate.modes import Mode
from schemas.gate.terms import Terms

TODAY = date(2026, 11, 21)
AMOUNT = {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}


def record(*fields: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "record", "name": "Order", "namespace": "shop", "fields": list(fields), **properties}


def field(name: str, type_: Any = "string", **properties: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **properties}


def checked(
    *versions: Any, mode: Mode | None = None, terms: Terms | None = None, before: Terms | None = None
) -> Report:
    """The last of the versions as the candidate, those before it as released. A text is taken as it is."""
    texts = [version if isinstance(version, str) else json.dumps(version, indent=2) for version in versions]
    made = [Version(n, f"Order/v{n}.avsc", text, f"v{n}") for n, text in enumerate(texts, 1)]
    subject = Subject("Order", made[-1], tuple(made[:-1]), terms=terms or Terms(owner="sales"), before=before)
    return check([subject], TODAY, mode)


def rules(report: Report) -> Sequence[str]:
    return [finding.rule for finding in report.findings]
