"""Personal data in what a target would get is masked as it is in letters. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.cases.masking import PERSONAL

#: The ERP's own names: what stands under these is personal whatever it is called.
_UNDER = {"identifiers": {"code"}, "contact_mechanisms": {"value"}}


def masked_body(body: Any, under: str = "", name: str = "") -> Any:
    """A call's body with each personal text told by its length."""
    if isinstance(body, Mapping):
        return {key: masked_body(one, under, str(key)) for key, one in body.items()}
    if isinstance(body, list | tuple):
        return [masked_body(one, name if name in _UNDER else under, name) for one in body]
    return _masked(body) if name in _UNDER.get(under, ()) or _personal(name) else body


def masked_field(field: str, value: Any) -> Any:
    """A field of a preview's difference."""
    return _masked(value) if _personal(field.replace(" ", "_")) else value


def _personal(name: str) -> bool:
    return bool(PERSONAL.search(name.casefold()))


def _masked(value: Any) -> Any:
    if value in (None, "") or isinstance(value, bool | int | dict | list):
        return value
    return f"<masked, {len(str(value))} characters>"
