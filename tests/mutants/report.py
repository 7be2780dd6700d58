"""What a run came to: as data, in one line, and as a page with the reason of each survivor."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULT = ROOT / "ops" / "bench" / "results" / "mutants.json"
PAGE = ROOT / "ops" / "docs" / "mutants.md"
BEGIN, END = "<!-- survivors:begin -->", "<!-- survivors:end -->"
GOAL = 90.0  #: percent
KILLED = ("killed", "timeout")
Reason = dict[str, str]


def reasons() -> list[Reason]:
    """Why what survives survives: `in` which function, what it `is` changed into, `why`, and `because`."""
    kinds: dict[str, list[Reason]] = yaml.safe_load((HERE / "survivors.yaml").read_text("utf-8")) or {}
    return [{**one, "why": why} for why, found in kinds.items() for one in found]


def result_of(
    mutants: Sequence[dict[str, Any]], explained: Iterable[Reason], commit: str, when: date
) -> dict[str, Any]:
    """Counts, percentages by module, and each survivor with its reason. A mutant without a test has survived."""
    known = {(one["in"], one["is"]): one for one in explained}
    left = [one for one in mutants if one["verdict"] not in (*KILLED, "not checked")]
    told = [
        one | {"why": known[key]["why"], "because": known[key]["because"]}
        for one in left
        if (key := _key(one)) in known
    ]
    there = {_key(one) for one in left}
    modules = sorted({_module(one) for one in mutants})
    return {
        "tool": "mutmut 3.8.1",
        "python": platform.python_version(),
        "commit": commit,
        "date": when.isoformat(),
        **_counts(mutants),
        "not_checked": sum(one["verdict"] == "not checked" for one in mutants),
        "modules": {name: _counts([one for one in mutants if _module(one) == name]) for name in modules},
        "reasons": dict(Counter(one["why"] for one in told)),
        "survivors": told,
        "unexplained": [one for one in left if _key(one) not in known],
        "needless": [one for key, one in known.items() if key not in there],
    }


def _key(one: dict[str, Any]) -> tuple[str, str]:
    return (one["in"], one["is"] or f"without {one['was']}")


def _module(one: dict[str, Any]) -> str:
    return ".".join(one["in"].split(".")[:3])


def _counts(mutants: Sequence[dict[str, Any]]) -> dict[str, Any]:
    checked = [one for one in mutants if one["verdict"] != "not checked"]
    killed = sum(one["verdict"] in KILLED for one in checked)
    percent = round(100 * killed / len(checked), 1) if checked else 0.0
    return {"mutants": len(mutants), "killed": killed, "survived": len(checked) - killed, "percent": percent}


def in_short(found: dict[str, Any]) -> str:
    left = f"; {found['not_checked']} of {found['mutants']} not tried yet" if found["not_checked"] else ""
    return (
        f"{found['killed']} of {found['mutants'] - found['not_checked']} mutants killed, {found['percent']} %; "
        f"{found['survived']} survived, "
        f"{len(found['unexplained'])} of them without a reason{left}"
    )


def keep(found: dict[str, Any]) -> None:
    """Result and page, as files."""
    RESULT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(page_with(PAGE.read_text("utf-8"), found), "utf-8")


def page_with(page: str, found: dict[str, Any]) -> str:
    """The page, with what is between its marks made of the result."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{_told(found)}\n{END}{after}"


def _told(found: dict[str, Any]) -> str:
    rows = [
        f"{in_short(found)}. {found['tool']}, Python {found['python']}, commit {found['commit']}, {found['date']}.",
        "",
    ]
    rows += ["| module | mutants | killed | survived | % |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, one in found["modules"].items():
        rows.append(f"| `{name}` | {one['mutants']} | {one['killed']} | {one['survived']} | {one['percent']} |")
    for why, count in found["reasons"].items():
        rows += ["", f"### {why} ({count})", "", "| in | changed into | because |", "| --- | --- | --- |"]
        for one in found["survivors"]:
            if one["why"] == why:
                function = one["in"].removeprefix("streams.")
                rows.append(f"| `{function}` | `{_cell(_key(one)[1])}` | {_cell(one['because'])} |")
    return "\n".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
