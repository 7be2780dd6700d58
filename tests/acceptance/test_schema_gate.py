"""The schema gate as a person runs it: a copy of our schemas, one field renamed, in a clone of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack import ROOT

RUNNING = {key: value for key, value in os.environ.items() if not key.startswith("MESHLINE_")}


def meshline(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "ops.cli", "schemas", *arguments]
    environ = {**RUNNING, "PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, check=False)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository with a copy of our schemas, and a clone of it in which somebody renamed a field."""
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    upstream.mkdir()
    shutil.copytree(ROOT / "schemas" / "avro", upstream / "schemas" / "avro")
    shutil.copytree(ROOT / "schemas" / "contracts", upstream / "schemas" / "contracts")
    git(upstream, "init")
    git(upstream, "add", ".")
    git(upstream, "commit", "-m", "as it is")
    git(tmp_path, "clone", "--quiet", str(upstream), str(clone))
    path = clone / "schemas/avro/Order/v1.avsc"
    path.write_text(path.read_text("utf-8").replace('"name": "total"', '"name": "total_amount"', 1), "utf-8")
    git(clone, "commit", "-a", "-m", "a nicer name")
    return clone


def test_a_renamed_field_stops_in_ci_with_its_place_its_readers_and_its_owner(clone: Path) -> None:
    ran = meshline(clone, "check", "--schemas", "schemas", "--against", "git:origin/main", "--format", "json")
    assert ran.returncode == 100, ran.stderr
    found = {finding["rule"]: finding for finding in json.loads(ran.stdout)["findings"]}
    assert set(found) == {"ML004", "ML050"}
    renamed = found["ML004"]
    lines = (clone / renamed["file"]).read_text("utf-8").splitlines()
    assert lines[renamed["line"] - 1][renamed["column"] - 1 :].startswith('"total_amount"')
    assert renamed["owner"] == "erp-team"
    for word in ("total", "new readers fail", "released readers", "analytics", "reconciler", "erp-team"):
        assert word in renamed["message"]


def test_the_installed_schemas_are_the_reference_outside_git(clone: Path, tmp_path: Path) -> None:
    shutil.copytree(clone / "schemas", tmp_path / "copy")
    ran = meshline(tmp_path, "check", "--schemas", "copy")
    assert ran.returncode == 100, ran.stderr
    assert "ML004 field-renamed [Order v1]" in ran.stdout


def test_our_own_schemas_are_clean(tmp_path: Path) -> None:
    ran = meshline(tmp_path, "check")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "nothing breaks" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("check", "--schemas", "nowhere"), 1),
        (("check", "--against", "git:nowhere"), 1),
        (("check", "--registry", "http://127.0.0.1:9"), 1),
        (("check", "--format", "pdf"), 2),
        (("check", "--mode", "SOMETIMES"), 2),
        (("check", "--against", "git:HEAD", "--registry", "http://127.0.0.1:9"), 2),
        (("explain", "ML999"), 2),
        (("explain", "ML011"), 0),
        (("explain",), 0),
        (("diff", "Order@v1", "Order@v1"), 0),
        (("diff", "Order@v1", "Order@v99"), 1),
        (("diff", "Order@v1"), 2),
    ],
)
def test_exit_codes_and_no_traceback(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    ran = meshline(tmp_path, *arguments)
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr + ran.stdout


def test_a_difference_is_told_in_words(clone: Path) -> None:
    ran = meshline(clone, "diff", "schemas/avro/Order/v1.avsc@git:origin/main", "schemas/avro/Order/v1.avsc")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == 'ML004  "total" of Order is gone and "total_amount" is new in its place, with no alias\n'
