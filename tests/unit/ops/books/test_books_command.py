from __future__ import annotations

from datetime import UTC, datetime

import pytest
import typer

from ops.books.balance import Books, Standing, State
from ops.cli.books import as_data, moment_of, print_books

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def books(*states: State, contradictions: tuple[str, ...] = ()) -> Books:
    topic = "mesh.cdc.crm.sales.opportunities"
    standings = [Standing(f"e{n}", state, topic, f"{topic}/0/{n}", label="why") for n, state in enumerate(states)]
    return Books({one.event_id: one for one in standings}, contradictions)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30m", datetime(2026, 3, 2, 11, 30, tzinfo=UTC)),
        ("2h", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("1d", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T08:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
        ("2026-03-01T08:00:00+02:00", datetime(2026, 3, 1, 6, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_span_or_a_time(text: str, expected: datetime) -> None:
    assert moment_of(text, NOW) == expected


def test_anything_else_is_no_moment() -> None:
    with pytest.raises(typer.BadParameter, match="yesterday"):
        moment_of("yesterday", NOW)


def test_the_data_adds_up() -> None:
    data = as_data(books(State.APPLIED, State.SKIPPED, State.SKIPPED, State.HELD))
    assert (data["accepted"], data["applied"], data["skipped"], data["held"]) == (4, 1, 2, 1)
    assert data["balanced"] is True
    assert data["settled"] is True
    assert data["by_topic"]["mesh.cdc.crm.sales.opportunities"]["skipped"] == 2


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (books(State.APPLIED), "The books balance."),
        (books(State.LOST), "The books do not balance."),
        (books(State.APPLIED, contradictions=("twice",)), "twice"),
        (books(State.LOST), "mesh.cdc.crm.sales.opportunities/0/0"),
    ],
)
def test_people_are_told_in_words(found: Books, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_books(found)
    assert words in capsys.readouterr().out


def test_states_that_do_not_occur_take_no_column(capsys: pytest.CaptureFixture[str]) -> None:
    print_books(books(State.APPLIED))
    assert "held" not in capsys.readouterr().out
