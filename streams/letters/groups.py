"""Groups of like letters: one fingerprint for one cause, whichever record it struck. Pure."""

from __future__ import annotations

import re
from hashlib import sha256

from schemas.reasons import Reason

_ORIGIN = re.compile(r"\S+/\d+/\d+:?")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|<[^>]*>")
_WITH_DIGIT = re.compile(r"\S*\d\S*")


def pattern(detail: str) -> str:
    """A detail without what is of one record only: coordinates, quoted values, words with digits."""
    bare = _WITH_DIGIT.sub("#", _QUOTED.sub("'…'", _ORIGIN.sub("", detail)))
    return " ".join(re.sub(r"(# ?)+", "# ", bare).split())[:300]


def fingerprint(reason: Reason, stage: str, sink: str, entity: str, detail: str) -> str:
    """The id of a letter's group."""
    parts = "\x1f".join(("group", reason.value, stage, sink, entity, pattern(detail)))
    return sha256(parts.encode()).hexdigest()[:32]
