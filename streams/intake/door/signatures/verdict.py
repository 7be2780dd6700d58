"""What a signature check looks at, and what it says. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from streams.runtime.clock import micros

Why = Literal["header_missing", "header_malformed", "too_old", "too_new", "mismatch"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A request as it came. Header names are lower case; `url` is the public one, the body is raw."""

    headers: Sequence[tuple[bytes, bytes]]
    body: bytes
    method: bytes = b"POST"
    url: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """The value of a header that came exactly once. Twice is as good as never: which one would count?"""
        values = [value for key, value in self.headers if key == name]
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Verified:
    """The signature holds. `signed_at` is the sender's time, within the tolerance."""

    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Refused:
    """The signature does not hold, and why: for logs and for the sender, without anything secret."""

    why: Why


#: verify(keys, request, now, tolerance); a key is what HMAC takes, newest first.
Verify = Callable[[Sequence[bytes], Signed, datetime, timedelta], Verified | Refused]


def check_time(timestamp: bytes, unit: timedelta, now: datetime, tolerance: timedelta) -> Verified | Refused:
    """The moment that the digits mean, in units since 1970 UTC, if it is within the tolerance, past and future."""
    if not (timestamp.isdigit() and len(timestamp) <= 16):  # bytes.isdigit knows ASCII digits only
        return Refused("header_malformed")
    signed = int(timestamp) * (unit // timedelta(microseconds=1))
    difference = micros(now) - signed
    limit = tolerance // timedelta(microseconds=1)
    if abs(difference) > limit:
        return Refused("too_old" if difference > 0 else "too_new")
    return Verified(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=signed))


def matches(expected: Iterable[bytes], given: Sequence[bytes]) -> bool:
    """Whether any expected signature is among the given. Bytes, so that no header can raise; each in constant time."""
    return any([hmac.compare_digest(one, other) for one in expected for other in given])
