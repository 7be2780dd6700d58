"""The check over real folders and real git repositories."""

from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemas.gate.errors import SourceUnreadable
from schemas.gate.gate import check_folder
from tests.unit.schemas.gate.gate_examples import AMOUNT, field, record, rules

TODAY = date(2026, 11, 21)
FIRST, SECOND = record(field("total", AMOUNT)), record(field("total", {**AMOUNT, "scale": 4}))


def write(folder: Path, name: str, schema: Any) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema, indent=2), "utf-8")
    return path


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    write(tmp_path, "avro/Order/v1.avsc", FIRST)
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    return tmp_path


def found(folder: Path, against: str | None = None) -> list[str]:
    return list(rules(check_folder(folder, against, TODAY)))


def test_versions_in_a_folder_are_compared_with_each_other(tmp_path: Path) -> None:
    write(tmp_path, "avro/Order/v1.avsc", FIRST)
    write(tmp_path, "avro/Order/v2.avsc", SECOND)
    (finding,) = check_folder(tmp_path, None, TODAY).findings
    assert (finding.rule, finding.subject, finding.version) == ("ML011", "Order", 2)
    assert finding.file.endswith("avro/Order/v2.avsc")


def test_a_released_version_that_is_edited(repository: Path) -> None:
    write(repository, "avro/Order/v1.avsc", SECOND)
    assert sorted(found(repository)) == ["ML011", "ML050"]
    assert sorted(found(repository, "git:main")) == ["ML011", "ML050"]


def test_a_new_version_beside_the_released_one(repository: Path) -> None:
    write(repository, "avro/Order/v2.avsc", {**FIRST, "doc": "better explained"})
    assert found(repository) == []
    write(repository, "avro/Order/v1.avsc", {**FIRST, "doc": "touched"})
    assert found(repository) == ["ML050"]


def test_a_released_version_that_is_gone(repository: Path) -> None:
    (repository / "avro/Order/v1.avsc").unlink()
    write(repository, "avro/Other/v1.avsc", FIRST)
    assert found(repository) == ["ML051"]
    assert check_folder(repository, None, TODAY, retired=["Order"]).findings == ()


def test_a_gap_between_versions(tmp_path: Path) -> None:
    write(tmp_path, "avro/Order/v1.avsc", FIRST)
    write(tmp_path, "avro/Order/v3.avsc", FIRST)
    assert found(tmp_path) == ["ML051"]


def test_plain_files_are_edited_in_place(tmp_path: Path) -> None:
    git(tmp_path, "init")
    write(tmp_path, "events/order-value.avsc", {**FIRST, "owner": "checkout"})
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    git(tmp_path, "tag", "v1")
    write(tmp_path, "events/order-value.avsc", {**SECOND, "owner": "checkout"})
    (finding,) = check_folder(tmp_path, "git:v1", TODAY).findings
    assert (finding.rule, finding.subject, finding.version) == ("ML011", "events/order-value", None)
    assert finding.owner == "checkout"
    assert "data of v1" in finding.message


def test_another_folder_is_a_reference_too(tmp_path: Path) -> None:
    write(tmp_path, "old/Order.avsc", FIRST)
    write(tmp_path, "new/Order.avsc", SECOND)
    assert found(tmp_path / "new", str(tmp_path / "old")) == ["ML011"]


def test_contracts_are_found_by_convention(tmp_path: Path) -> None:
    write(tmp_path, "avro/Order/v1.avsc", FIRST)
    write(tmp_path, "avro/Order/v2.avsc", record())
    write(tmp_path, "contracts/order.yaml", "record: Order\nowner: billing\ncompatibility: BACKWARD\n")
    assert found(tmp_path) == []
    write(tmp_path, "contracts/order.yaml", "record: Order\nowner: billing\ncompatibility: nonsense\n")
    report = check_folder(tmp_path, None, TODAY)
    assert sorted(rules(report)) == ["ML003", "ML045"]
    assert {finding.owner for finding in report.findings} == {"billing", "unknown"}


def test_a_new_version_needs_a_new_contract_version_once(repository: Path) -> None:
    write(repository, "contracts/order.yaml", "record: Order\nversion: 1\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "a contract")
    write(repository, "avro/Order/v2.avsc", record(*FIRST["fields"], field("note", default="")))
    assert found(repository) == ["ML043"]
    git(repository, "add", ".")
    git(repository, "commit", "-m", "released all the same")
    assert found(repository) == []


def test_files_that_are_no_text_are_findings(tmp_path: Path) -> None:
    (tmp_path / "a.avsc").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.avsc").symlink_to(tmp_path / "nowhere")
    write(tmp_path, "c.avsc", "\ufeff" + json.dumps(FIRST))
    report = check_folder(tmp_path, None, TODAY)
    assert rules(report) == ["ML064", "ML064"]
    assert report.checked == 3


@pytest.mark.parametrize(
    ("against", "says"), [("git:nowhere", "git has no 'nowhere'"), ("git:--help", "not a git reference"), ("no", "no")]
)
def test_a_reference_that_is_not_there(repository: Path, against: str, says: str) -> None:
    with pytest.raises(SourceUnreadable, match=says):
        check_folder(repository, against, TODAY)


def test_a_folder_that_is_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="there is no folder"):
        check_folder(tmp_path / "no", None, TODAY)
    with pytest.raises(SourceUnreadable, match=r"has no \.avsc file"):
        check_folder(tmp_path, None, TODAY)
    write(tmp_path, "a.avsc", FIRST)
    with pytest.raises(SourceUnreadable, match="not a git repository"):
        check_folder(tmp_path, "git:main", TODAY)
