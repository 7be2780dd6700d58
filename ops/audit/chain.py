"""The chain: each entry's hash covers the one before, so that no change goes unseen. Pure.

The head says which entry is the newest. Whoever cuts off the tail must forge it too: with a key it is signed, and
the topic keeps a second copy of every entry.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from schemas.records import AuditEntry

FIRST = ""  #: what the first entry has for the hash of the one before


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, or was refused. `before`, `after`, `selection` are JSON values, None where there is none."""

    who: str
    role: str
    door: str
    action: str
    subject: str = ""
    why: str = ""
    allowed: bool = True
    before: Any = None
    after: Any = None
    selection: Any = None


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry; `signature` is "" where no key is set."""

    seq: int
    hash: str
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written. `seq` is where."""

    seq: int
    what: str


def link(act: Act, seq: int, previous: str, at: datetime) -> AuditEntry:
    """The act as the chain's next entry."""
    bare = AuditEntry(
        seq=seq,
        at=at.astimezone(UTC),
        who=act.who,
        role=act.role,
        door=act.door,
        action=act.action,
        subject=act.subject,
        why=act.why,
        allowed=act.allowed,
        before=_json(act.before),
        after=_json(act.after),
        selection=_json(act.selection),
        previous=previous,
        hash="-",
    )
    return bare.model_copy(update={"hash": hash_of(bare)})


def hash_of(entry: AuditEntry) -> str:
    """SHA-256 over every field but the hash itself."""
    fields = entry.model_dump(exclude={"hash"})
    fields["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return sha256(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def sign(seq: int, hash_: str, key: bytes) -> str:
    """The head's signature: HMAC-SHA-256 with the audit's key, "" without one."""
    return hmac.new(key, f"{seq}:{hash_}".encode(), sha256).hexdigest() if key else ""


def check(entries: Sequence[AuditEntry], head: Head, key: bytes = b"") -> list[Fault]:
    """What is wrong with a chain as it was read, in its stored order. Empty: it is as it was written."""
    faults: list[Fault] = []
    previous = FIRST
    for place, entry in enumerate(entries, 1):
        if entry.seq != place:
            faults.append(Fault(place, f"entry {entry.seq} stands where {place} belongs: removed, added or moved"))
            break
        if entry.previous != previous:
            faults.append(Fault(place, "does not follow the entry before it"))
        if entry.hash != hash_of(entry):
            faults.append(Fault(place, "was changed after it was written"))
        previous = entry.hash
    last = entries[-1] if entries else None
    if (head.seq, head.hash) != ((last.seq, last.hash) if last else (0, FIRST)):
        faults.append(Fault(head.seq, f"the head names entry {head.seq}, the last one is {last.seq if last else 0}"))
    if key and head.seq and not hmac.compare_digest(head.signature, sign(head.seq, head.hash, key)):
        faults.append(Fault(head.seq, "the head's signature is not of our key"))
    return faults


def compare(entries: Iterable[AuditEntry], copies: Mapping[int, set[str]], told: int) -> list[Fault]:
    """What differs between the database and the copy on the topic, of which `told` entries must be there.

    `copies`: number -> the hashes seen there; a repeat has the same one.
    """
    faults: list[Fault] = []
    numbers = set()
    for entry in entries:
        numbers.add(entry.seq)
        hashes = copies.get(entry.seq, set())
        if hashes - {entry.hash}:
            faults.append(Fault(entry.seq, "the topic has another entry under this number"))
        elif not hashes and entry.seq <= told:
            faults.append(Fault(entry.seq, "was told, and is not on the topic"))
    faults += [Fault(seq, "is on the topic and not in the database") for seq in sorted(copies.keys() - numbers)]
    return faults


def _json(value: Any) -> str:
    return "" if value is None else json.dumps(value, sort_keys=True, default=str, ensure_ascii=False)
