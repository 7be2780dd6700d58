"""The judge: honest ledgers pass, and whatever is done to one is named."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ops.chaos.delivery.judge import DUPLICATE, LOST, ORDER, Seen, Sent, judge, triage
from ops.chaos.delivery.tamper import EDITS, objections

KEYS = st.lists(st.integers(0, 4), min_size=1, max_size=60)


def ledger(keys: list[int]) -> list[Sent]:
    """Records of these keys, numbered within each."""
    count: Counter[int] = Counter()
    sent = []
    for n, key in enumerate(keys):
        sent.append(Sent(key, count[key], b"%d" % n, key % 2, n))
        count[key] += 1
    return sent


def carried(sent: list[Sent]) -> list[Seen]:
    """What an honest line makes of them: each key in one partition, in order; the list in the order of the log."""
    seen = [Seen(one.key, one.seq, one.digest, one.key % 3, n) for n, one in enumerate(sent)]
    return sorted(seen, key=lambda one: (one.partition, one.offset))


@given(KEYS)
def test_an_honest_line_is_clean(keys: list[int]) -> None:
    verdict = judge(ledger(keys), carried(ledger(keys)))
    assert (verdict.inputs, verdict.outputs, dict(verdict.counts)) == (len(keys), len(keys), {})
    assert verdict.clean(exactly_once=True)


@given(keys=KEYS, edit=st.sampled_from(sorted(EDITS)), chance=st.randoms(use_true_random=False))
def test_every_edit_of_one_record_is_seen_for_what_it_is(keys: list[int], edit: str, chance: random.Random) -> None:
    outputs = carried(ledger(keys))
    n = chance.randrange(len(outputs))
    change, kind = EDITS[edit]
    expected = {kind: 1}
    if kind == ORDER and not any(later.key == outputs[n].key for later in outputs[n + 1 :]):
        expected = {}  # nothing of its key comes after it: there is nothing to swap it with
    verdict = judge(ledger(keys), change(outputs, n))
    assert dict(verdict.counts) == expected
    assert verdict.clean(exactly_once=True) is not bool(expected)


@given(keys=KEYS, gone=st.sets(st.integers(0, 59)), twice=st.sets(st.integers(0, 59)))
def test_all_that_is_lost_or_doubled_is_counted(keys: list[int], gone: set[int], twice: set[int]) -> None:
    sent = ledger(keys)
    outputs = [one for one in carried(sent) if one.offset not in gone]
    doubled = [one for one in outputs if one.offset in twice]
    verdict = judge(sent, outputs + doubled)
    assert verdict.lost == len(gone & set(range(len(keys)))) == len(verdict.missing)
    assert verdict.duplicates == len(doubled)


def test_at_least_once_is_judged_by_what_is_missing() -> None:
    sent = ledger([1, 1, 1])
    first, second, third = carried(sent)
    verdict = judge(sent, [first, third, second, third])
    assert dict(verdict.counts) == {DUPLICATE: 1, ORDER: 1}
    assert verdict.clean(exactly_once=False)
    assert not verdict.clean(exactly_once=True)
    assert not judge(sent, [first, third]).clean(exactly_once=False)


def test_an_input_of_which_nobody_knows_may_be_there_or_not_but_not_twice() -> None:
    unsure = Sent(1, 0, b"a", None, None)
    seen = Seen(1, 0, b"a", 0, 0)
    assert judge([unsure], []).clean(exactly_once=True)
    assert judge([unsure], [seen]).clean(exactly_once=True)
    assert judge([unsure], [seen, seen]).duplicates == 1


def test_a_key_in_two_partitions_has_no_order() -> None:
    sent = ledger([1, 1])
    verdict = judge(sent, [Seen(1, 0, b"0", 0, 0), Seen(1, 1, b"1", 1, 0)])
    assert dict(verdict.counts) == {ORDER: 1}


def test_words_name_the_key_and_both_places() -> None:
    found = judge([Sent(7, 0, b"a", 3, 99)], []).findings
    assert [(one.kind, one.key, one.seq) for one in found] == [(LOST, 7, 0)]
    assert "input partition 3 offset 99" in found[0].words


def test_few_findings_are_kept_in_words_and_all_are_counted() -> None:
    verdict = judge(ledger([1] * 50), [])
    assert verdict.lost == 50
    assert 0 < len(verdict.findings) < 50


def test_what_is_lost_is_looked_for_among_the_aborted() -> None:
    missing = ledger([1, 2])
    found = triage(missing, {(1, 0)})
    assert sorted(found.values()) == [1, 1]
    assert any("aborted" in words for words in found)


def test_the_judge_is_tried_on_tampered_ledgers() -> None:
    sent = ledger([3, 1, 1, 1, 2, 2])
    assert objections(lambda: sent, lambda: carried(sent)) == dict.fromkeys(EDITS, True)


def test_a_judge_that_sees_nothing_is_found_out() -> None:
    sent = ledger([1, 1])
    assert not any(objections(lambda: [], lambda: carried(sent)).values())


def test_without_two_records_of_a_key_nothing_is_said_of_the_judge() -> None:
    sent = ledger([1, 2, 3])
    assert objections(lambda: sent, lambda: carried(sent)) == {}
