"""How far both sides were read, drawn.

Minutes run to the right; `r` a row, `?` the broker is asked for the ends, `F` the frontier, `W` the watermark.
"""

from __future__ import annotations

from histories import IDLE, at

from reconciler.rows import Feed
from reconciler.watermark import NEVER, Watermarks

CRM, ERP = Feed("crm", 0), Feed("erp", 0)


def marks() -> Watermarks:
    return Watermarks({CRM: 0, ERP: 0}, IDLE, at(0))


def test_nothing_is_known_before_the_broker_was_asked() -> None:
    one = marks()
    one.on_row(CRM, 0, at(1), at(1))
    assert one.frontier() == NEVER
    assert one.watermark(at(100)) == NEVER


def test_the_frontier_is_the_moment_of_asking_once_the_end_is_reached() -> None:
    """
    crm   r . . r        ends at 2
    erp   . . . .        ends at 0
              ?
              F (only after the second row)
    """
    one = marks()
    one.on_row(CRM, 0, at(1), at(1))
    one.on_ends({CRM: 2, ERP: 0}, at(3))
    assert one.frontier() == NEVER
    one.on_row(CRM, 1, at(4), at(4))
    assert one.frontier() == at(3)


def test_a_question_that_is_open_is_not_replaced_by_a_later_one() -> None:
    """A feed that grows as fast as it is read still gets on."""
    one = marks()
    one.on_ends({CRM: 1, ERP: 0}, at(1))
    one.on_ends({CRM: 5, ERP: 0}, at(2))
    one.on_row(CRM, 0, at(1), at(2))
    assert one.frontier() == at(1)


def test_the_end_of_a_feed_may_lie_behind_its_last_row() -> None:
    """Markers of transactions take offsets too: the client tells when it has passed them."""
    one = marks()
    one.on_ends({CRM: 3, ERP: 0}, at(1))
    one.on_row(CRM, 1, at(1), at(1))
    assert one.frontier() == NEVER
    one.on_end(CRM, 3)
    assert one.frontier() == at(1)


def test_a_side_that_works_through_a_backlog_holds_the_watermark_back() -> None:
    """
    crm  . . . . . . . . . r(10)
    erp  r(2) . . . . . . .          read at 10, happened at 2
         W                 F
    """
    one = marks()
    one.on_row(CRM, 0, at(10), at(10))
    one.on_row(ERP, 0, at(2), at(10))
    one.on_ends({CRM: 1, ERP: 1}, at(10))
    assert one.frontier() == at(10)
    assert one.watermark(at(10)) == at(2)


def test_a_silent_side_follows_the_clock() -> None:
    """
    crm  r(1) . . . . .
    erp  . . . . . . .     silent for longer than idle
                 ? F W
    """
    one = marks()
    one.on_row(CRM, 0, at(1), at(1))
    one.on_ends({CRM: 1, ERP: 0}, at(6))
    assert one.watermark(at(6)) == at(6)


def test_a_silent_broker_stops_the_clock() -> None:
    """Without an answer nothing is judged, however long it is silent."""
    one = marks()
    one.on_ends({CRM: 0, ERP: 0}, at(1))
    assert one.watermark(at(60)) == at(1)


def test_the_watermark_does_not_go_back() -> None:
    """
    crm  . . . . . r(2)    after the watermark reached 5: late
    W          5   5
    """
    one = marks()
    one.on_ends({CRM: 0, ERP: 0}, at(5))
    assert one.watermark(at(5)) == at(5)
    assert one.on_row(CRM, 0, at(2), at(6)) is True
    assert one.watermark(at(6)) == at(5)
    assert one.on_row(CRM, 1, at(6), at(6)) is False


def test_an_unreadable_row_is_progress_and_no_event_time() -> None:
    one = marks()
    one.on_row(CRM, 0, None, at(1))
    one.on_ends({CRM: 1, ERP: 0}, at(2))
    assert one.frontier() == at(2)
    assert dict(one.feeds()) == {CRM: 1, ERP: 0}
