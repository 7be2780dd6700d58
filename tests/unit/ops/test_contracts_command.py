"""`meshline schemas contracts|asyncapi|odcs|docs` as a person types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ops.cli import build_app
from schemas.contracts import contract_texts

ROOT = Path(__file__).parents[3]


def run(*words: str) -> Result:
    return CliRunner().invoke(build_app("schemas"), ["schemas", *words])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of our contracts."""
    (tmp_path / "parts").mkdir()
    for name, text in contract_texts().items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_contracts_without_fault_exit_with_0() -> None:
    done = run("contracts", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["findings"] == []
    account = next(contract for contract in told["contracts"] if contract["id"] == "account")
    assert (account["owner"], account["backup"]) == ("revenue-operations", "sales-operations")


def test_a_fault_is_told_with_file_key_and_rule_and_exits_with_100(folder: Path) -> None:
    path = folder / "account.yaml"
    path.write_text(path.read_text("utf-8").replace("  domain:", "  domains:").replace("PT1H", "1 hour"), "utf-8")
    told = json.loads(run("contracts", "--contracts", str(folder), "--json").stdout)
    assert told["findings"][0].keys() == {"file", "key", "rule", "message"}
    done = run("contracts", "--contracts", str(folder))
    assert done.exit_code == 100
    assert f"{folder}/account.yaml sla.freshness: " in done.output.replace("\n", "")


@pytest.mark.parametrize("bad", [b"\xff\xfe", b"", b"a: [", b"- 1"], ids=["bytes", "empty", "broken", "list"])
def test_whatever_the_folder_holds_there_is_no_traceback(folder: Path, bad: bytes) -> None:
    (folder / "account.yaml").write_bytes(bad)
    done = run("contracts", "--contracts", str(folder))
    assert done.exit_code in (1, 100)
    assert "Traceback" not in done.output
    assert "account.yaml" in done.output.replace("\n", "") or "cannot be read" in done.output


def test_a_folder_that_is_not_there_is_wrong_usage() -> None:
    assert run("contracts", "--contracts", "nowhere").exit_code == 2


def test_the_exports_are_written_where_they_are_wanted(tmp_path: Path) -> None:
    assert run("asyncapi", "--out", str(tmp_path / "a" / "mesh.yaml")).exit_code == 0
    assert run("odcs", "--out", str(tmp_path / "odcs")).exit_code == 0
    assert run("docs", "--out", str(tmp_path / "site")).exit_code == 0
    exports = ROOT / "schemas" / "exports"
    assert (tmp_path / "a" / "mesh.yaml").read_text("utf-8") == (exports / "asyncapi.yaml").read_text("utf-8")
    assert {path.name for path in (tmp_path / "odcs").iterdir()} == {path.name for path in (exports / "odcs").iterdir()}
    assert (tmp_path / "site" / "index.html").is_file()
    assert run("asyncapi", "--out", "-").stdout == (exports / "asyncapi.yaml").read_text("utf-8")


def test_pages_of_topics_that_are_gone_go_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("my own page")
    shutil.copy(ROOT / "ops" / "docs" / "topics" / "mesh.drift.html", tmp_path / "mesh.gone.html")
    assert run("docs", "--out", str(tmp_path)).exit_code == 0
    assert (tmp_path / "mine.html").is_file()
    assert not (tmp_path / "mesh.gone.html").exists()


def test_a_place_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("docs", "--out", str(tmp_path / "file" / "site"))
    assert done.exit_code == 1
    assert "failed" in done.output
