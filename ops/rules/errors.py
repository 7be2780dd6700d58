"""Why a set of rules was not put live."""

from __future__ import annotations


class Refused(Exception):
    """The rules that decide are as they were."""
