"""The mutants' result: counted rightly, every survivor with a reason, and the page is as the result is."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tests.mutants import report

DAY = date(2026, 3, 10)


def mutant(verdict: str, was: str = "a", is_: str = "b", where: str = "streams.decide.lead.decide_lead") -> Any:
    return {"in": where, "verdict": verdict} | ({} if verdict in report.KILLED else {"was": was, "is": is_})


FOUND = [
    mutant("killed"),
    mutant("timeout"),
    mutant("survived", "x", "y|z"),
    mutant("no tests", "u", "", "streams.rules.book.Book.newest"),
    mutant("not checked"),
]
WHY = {"in": "streams.decide.lead.decide_lead", "is": "y|z", "why": "no difference", "because": "they are the same"}
GONE = {"in": "streams.decide.lead.decide_lead", "is": "gone", "why": "no difference", "because": "none"}


def test_a_mutant_without_a_test_has_survived_and_one_that_was_not_tried_counts_for_nothing() -> None:
    found = report.result_of(FOUND, [WHY, GONE], "c0ffee", DAY)
    assert (found["mutants"], found["killed"], found["survived"], found["not_checked"]) == (5, 2, 2, 1)
    assert found["percent"] == 50.0
    assert found["modules"]["streams.rules.book"] == {"mutants": 1, "killed": 0, "survived": 1, "percent": 0.0}
    assert [one["because"] for one in found["survivors"]] == ["they are the same"]
    assert [one["was"] for one in found["unexplained"]] == ["u"]
    assert found["needless"] == [GONE]
    assert report.in_short(found) == (
        "2 of 4 mutants killed, 50.0 %; 2 survived, 1 of them without a reason; 1 of 5 not tried yet"
    )


def test_what_was_taken_out_is_told_by_what_it_was() -> None:
    taken_out = {"in": "streams.rules.book.Book.newest", "is": "without u", "why": "w", "because": "b"}
    assert report.result_of(FOUND, [taken_out], "c", DAY)["survivors"][0]["because"] == "b"


def test_the_page_is_made_between_its_marks() -> None:
    found = report.result_of(FOUND, [WHY], "c0ffee", DAY)
    page = report.page_with(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", found)
    assert page.startswith(f"before\n{report.BEGIN}\n2 of 4 mutants killed")
    assert page.endswith(f"{report.END}\nafter\n")
    assert "old" not in page
    assert "| `decide.lead.decide_lead` | `y\\|z` | they are the same |" in page
    assert report.page_with(page, found) == page


def test_the_kept_result_reaches_the_goal_and_explains_what_survived() -> None:
    kept = json.loads(report.RESULT.read_text("utf-8"))
    assert kept["percent"] >= report.GOAL
    assert (kept["unexplained"], kept["needless"]) == ([], [])
    assert len(kept["survivors"]) == kept["survived"]
    page = report.PAGE.read_text("utf-8")
    assert report.page_with(page, kept) == page
