"""What a full comparison of both systems came to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from schemas.records.envelope import Travelling
from schemas.records.fields import Identifier


class Certificate(Travelling):
    """Counts of one sweep, and its report. Each record that was read is counted in one of the five numbers."""

    certificate_id: Identifier  #: the digest of the whole report
    began_at: datetime
    ended_at: datetime
    rules_version: str
    in_step: int
    in_flight: int  #: they differ, but changed too recently to be judged
    explained: int  #: they differ, and something that is known accounts for it
    differing: int
    not_compared: int
    books: Literal["balanced", "unbalanced", "unknown"]
    document: str  #: JSON of the report; differences and what was not compared are counted in it, not listed
    signature: str  #: HMAC-SHA256 of the whole report; "" where there is no key
