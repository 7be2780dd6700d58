"""What the settings may say in place of a shipped rule, made anew each time: `shipped` keeps what it made."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from streams.rules import Limits, Unreadable, read_folder, rules_of, shipped, shipped_texts
from streams.rules.document import Row

made_anew = shipped.__wrapped__
BECAUSE = "as this worker's settings say"


@pytest.mark.parametrize(
    ("limits", "rule", "value"),
    [
        (Limits(discount_threshold_percent=Decimal("12.34")), "discount-threshold", "1234"),
        (Limits(discount_threshold_percent=Decimal(0)), "discount-threshold", "0"),
        (Limits(discount_threshold_percent=Decimal("0.019")), "discount-threshold", "1"),
        (Limits(hold_for=timedelta(hours=1, microseconds=1)), "hold-for-account", 'duration("3600000001us")'),
        (Limits(hold_for=timedelta(0)), "hold-for-account", 'duration("0us")'),
        (Limits(line_grace=timedelta(milliseconds=1500)), "hold-for-lines", 'duration("1500000us")'),
        (Limits(pilot=frozenset({"é", 'q"u', "a1"})), "pilot-accounts", 'account_id in ["a1", "q\\"u", "é"]'),
        (Limits(pilot=frozenset()), "pilot-accounts", "account_id in []"),
    ],
)
def test_a_limit_is_the_one_row_of_its_rule_and_leaves_the_others(limits: Limits, rule: str, value: str) -> None:
    usual = {one.id: one for one in made_anew().rules}
    bent = {one.id: one for one in made_anew(limits).rules}
    assert bent[rule].rows == (Row(when="true", value=value, why=BECAUSE),)
    assert bent[rule].model_copy(update={"rows": usual[rule].rows}) == usual[rule]
    assert {name for name in usual if bent[name] != usual[name]} == {rule}
    assert bent.keys() == usual.keys()


def test_without_limits_the_rules_are_as_shipped() -> None:
    assert made_anew(Limits()) == made_anew()
    assert len(made_anew().rules) == len(shipped_texts())


def test_a_folder_is_read_as_text_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name, text in (("b.yaml", "ö"), ("a.yaml", "é"), ("c.txt", "no")):
        (tmp_path / name).write_bytes(text.encode())
    found = read_folder(tmp_path)
    assert found == {"a.yaml": "é", "b.yaml": "ö"}
    assert list(found) == ["a.yaml", "b.yaml"]


def test_a_file_that_is_no_rule_is_told_by_its_name() -> None:
    with pytest.raises(Unreadable, match=r"^lost\.yaml: the file: "):
        rules_of({"lost.yaml": "- 1"})


def test_a_folder_without_rules_and_one_that_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as empty:
        read_folder(tmp_path)
    assert str(empty.value) == f"{tmp_path}: there is no rule here, which is a file that ends in .yaml"
    (tmp_path / "a.yaml").write_bytes(b"\xff")
    with pytest.raises(Unreadable, match="can't decode byte 0xff"):
        read_folder(tmp_path)
