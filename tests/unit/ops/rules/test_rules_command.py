"""`meshline rules check|list|show`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from ops.cli import build_app
from ops.cli.failure import FOUND
from streams.rules import shipped, shipped_texts

RUN = CliRunner()


def typed(*words: str) -> tuple[int, str]:
    done = RUN.invoke(build_app("rules"), ["rules", *words])
    return done.exit_code, done.output


def test_the_shipped_rules_have_nothing_to_mend() -> None:
    assert typed("check")[0] == 0
    code, out = typed("check", "--json")
    assert (code, json.loads(out)) == (0, {"rules": len(shipped().rules), "version": shipped().version, "faults": []})


def test_faults_are_told_and_the_exit_code_says_so(tmp_path: Path) -> None:
    for name, text in shipped_texts().items():
        (tmp_path / name).write_text(text.replace('"2000"', '"2001"'), "utf-8")
    code, out = typed("check", str(tmp_path))
    assert code == FOUND
    assert "discount-threshold  row 1" in out
    code, out = typed("check", str(tmp_path), "--json")
    assert code == FOUND
    assert {fault["where"] for fault in json.loads(out)["faults"]} == {"discount-threshold"}


def test_a_folder_without_rules_and_a_rule_that_is_not_there_are_failures(tmp_path: Path) -> None:
    code, out = typed("check", str(tmp_path))
    assert code == 1
    assert "there is no rule here" in " ".join(out.split())
    code, out = typed("show", "nothing")
    assert code == 1
    assert "there is no rule nothing" in out


def test_list_and_show_tell_the_rules() -> None:
    assert "hold-for-lines" in typed("list")[1]
    assert len(json.loads(typed("list", "--json")[1])["rules"]) == len(shipped().rules)
    code, out = typed("show", "discount-threshold")
    assert code == 0
    assert "discount.threshold is 2000" in out
    assert "because any deal may have 20 %" in out
    assert json.loads(typed("show", "flows", "--json")[1])[0]["id"] == "flows"


def test_a_forecast_that_is_none_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    code, out = typed("activate", str(tmp_path), "--by", "ann", "--why", "x", "--forecast", str(tmp_path / "no.json"))
    assert code == 1
    assert "failed" in out
