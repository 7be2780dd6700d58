from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Self

import pytest
from prometheus_client import REGISTRY

from ops.books.balance import Books, Standing, State
from ops.books.errors import BooksUnreadable
from ops.books.gauges import FLOWS
from ops.books.watch import Watch
from schemas.topics import REDRIVE, TOPICS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CRM, PORTAL = "mesh.cdc.crm.sales.accounts", "mesh.webhook.standard"
HOUR = timedelta(hours=1)


def books(*states: State, topic: str = CRM, doubts: Sequence[str] = ()) -> Books:
    standings = {f"e{n}": Standing(f"e{n}", state, topic, f"{topic}/0/{n}") for n, state in enumerate(states)}
    return Books(standings, tuple(doubts))


def value(name: str, flow: str = CRM) -> float | None:
    return REGISTRY.get_sample_value(f"mesh_books_{name}", {"flow": flow})


class Shelf:
    """Books that were opened: since when, and whether they are closed."""

    def __init__(self, since: datetime, pages: Iterator[Books | BooksUnreadable]) -> None:
        self.since, self._pages, self.closed = since, pages, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True

    def read(self) -> Books:
        assert not self.closed
        page = next(self._pages)
        if isinstance(page, BooksUnreadable):
            raise page
        return page


class Library:
    def __init__(self, *pages: Books | BooksUnreadable) -> None:
        self._pages = iter(pages)
        self.opened: list[Shelf] = []
        self.now = NOON
        self.watch = Watch(self._open, HOUR, clock=lambda: self.now)

    def _open(self, since: datetime) -> Shelf:
        self.opened.append(Shelf(since, self._pages))
        return self.opened[-1]


def test_every_state_of_every_flow_is_shown() -> None:
    found = books(*State, State.SKIPPED)
    Library(found).watch.count()
    assert value("accepted") == found.accepted == 7
    shown = {state: value(state.value) for state in State}
    assert shown == {state: 1.0 + (state is State.SKIPPED) for state in State}
    assert {value("accepted", flow) for flow in FLOWS if flow != CRM} == {0.0}


def test_a_flow_is_what_normalise_reads_from_outside() -> None:
    """A record on another topic is no event that could be lost, even where the topic has no accounts."""
    reading = {topic.name for topic in TOPICS if "normalise" in topic.readers}
    assert set(FLOWS) == reading - {topic.name for topic in REDRIVE.values()}


def test_only_a_flow_that_lost_something_is_out_of_balance() -> None:
    library = Library(books(State.LOST, State.APPLIED), books(State.APPLIED, State.APPLIED, doubts=("odd",)))
    library.watch.count()
    assert (value("balanced"), value("balanced", PORTAL)) == (0.0, 1.0)
    library.watch.count()
    assert (value("balanced"), value("lost")) == (1.0, 0.0)
    assert REGISTRY.get_sample_value("mesh_books_contradictions") == 1.0


def test_it_reads_on_for_two_windows_and_then_opens_anew() -> None:
    library = Library(*[books()] * 4)
    for hours in (0, 0.5, 1, 1.01):
        library.now = NOON + hours * HOUR
        library.watch.count()
    first, second = library.opened
    assert (first.since, second.since) == (NOON - HOUR, NOON + 0.01 * HOUR)
    assert (first.closed, second.closed) == (True, False)


def test_books_that_cannot_be_read_leave_the_metrics_with_their_age() -> None:
    library = Library(books(State.APPLIED), BooksUnreadable("Kafka is silent"), books())
    library.watch.count()
    library.now = NOON + timedelta(minutes=1)
    with pytest.raises(BooksUnreadable):
        library.watch.count()
    assert value("applied") == 1.0
    assert REGISTRY.get_sample_value("mesh_books_counted_at_seconds") == NOON.timestamp()
    library.watch.count()
    assert value("applied") == 0.0
    assert len(library.opened) == 1
