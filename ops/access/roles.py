"""Roles, read from `roles.yaml`."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib.resources import files

import yaml


class Role(StrEnum):
    """What a person is to the line. Closed: a test holds it equal to the file."""

    VIEWER = "viewer"
    ON_CALL = "on-call"
    OWNER = "owner"
    APPROVER = "approver"
    ADMIN = "admin"


@cache
def permissions() -> dict[Role, frozenset[str]]:
    """Every role with all actions that it may take."""
    document = yaml.safe_load(files("ops.access").joinpath("roles.yaml").read_text("utf-8"))["roles"]
    found: dict[Role, frozenset[str]] = {}
    for name, entry in document.items():  # a role stands after the one that it extends
        below = found[Role(entry["extends"])] if entry["extends"] else frozenset()
        found[Role(name)] = below | frozenset(entry["may"])
    return found


def may(role: Role, action: str) -> bool:
    """Whether a role may take an action."""
    return action in permissions()[role]


def least_role(action: str) -> Role | None:
    """The least role that may take an action; None where none may."""
    return next((role for role in Role if may(role, action)), None)
