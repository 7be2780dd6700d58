"""Any single change of a chain is found, whatever and wherever it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ops.audit.chain import FIRST, Act, Head, check, compare, hash_of, link, sign
from schemas.records import AuditEntry

T0 = datetime(2026, 3, 1, tzinfo=UTC)
KEY = b"a key of the audit"


def chain(length: int, start: int = 0) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    previous = FIRST
    for number in range(1, length + 1):
        act = Act("ada", "owner", "cli", "case.resolve", f"case-{start + number}", "fixed", after={"state": "resolved"})
        entries.append(link(act, number, previous, T0 + timedelta(seconds=number)))
        previous = entries[-1].hash
    return entries


def head_of(entries: list[AuditEntry], key: bytes = KEY) -> Head:
    seq, hash_ = (entries[-1].seq, entries[-1].hash) if entries else (0, FIRST)
    return Head(seq, hash_, sign(seq, hash_, key))


def test_a_chain_as_it_was_written_has_no_fault() -> None:
    for length in (0, 1, 5):
        entries = chain(length)
        assert check(entries, head_of(entries), KEY if length else b"") == []


EDITS = st.sampled_from(
    [
        ("who", "eve"),
        ("role", "admin"),
        ("door", "api"),
        ("action", "case.discard"),
        ("subject", "other"),
        ("why", ""),
        ("allowed", False),
        ("before", "{}"),
        ("after", ""),
        ("selection", "[]"),
        ("at", T0),
        ("seq", 99),
        ("previous", "0" * 64),
        ("hash", "0" * 64),
    ]
)


@settings(max_examples=300)
@given(st.integers(1, 12), st.data())
def test_any_single_mutation_is_found(length: int, data: st.DataObject) -> None:
    whole = chain(length)
    entries, at = list(whole), data.draw(st.integers(0, length - 1))
    kind = data.draw(st.sampled_from(["edit", "rehash", "remove", "repeat", "insert", "swap", "truncate"]))
    if kind in ("edit", "rehash"):
        name, value = data.draw(EDITS)
        entries[at] = entries[at].model_copy(update={name: value})
        if kind == "rehash" and name != "hash":
            entries[at] = entries[at].model_copy(update={"hash": hash_of(entries[at])})
    elif kind == "remove":
        del entries[at]
    elif kind == "repeat":
        entries.insert(at, entries[at])
    elif kind == "insert":
        entries.insert(at, link(Act("eve", "admin", "cli", "x"), at + 1, entries[at].previous, T0))
    elif kind == "swap":
        other = data.draw(st.integers(0, length - 1))
        entries[at], entries[other] = entries[other], entries[at]
    else:
        entries = entries[:at]
    assert (check(entries, head_of(whole), KEY) == []) == (entries == whole)


def test_a_chain_that_was_rewritten_whole_is_found_by_the_key_and_by_the_topic() -> None:
    true, forged = chain(4), chain(4, start=10)
    assert check(forged, head_of(forged, b"not ours"), KEY)
    assert check(forged, head_of(forged, b""), b"") == []  # without a key only the copy tells
    copies = {entry.seq: {entry.hash} for entry in true}
    assert compare(forged, copies, 4)
    assert compare(true, copies, 4) == []


def test_a_missing_or_added_copy_is_found_and_one_that_is_yet_to_come_is_not() -> None:
    entries = chain(3)
    copies = {entry.seq: {entry.hash} for entry in entries[:2]}
    assert compare(entries, copies, 2) == []
    assert compare(entries, copies, 3)
    assert compare(entries[:1], copies, 1)
