"""What a delivery layer promises, as checks that know no layer. Each returns what it saw; `kept` is the verdict.

A system is described to the checks by `Books` (one partition's bookkeeping), `Outbox` and `Transactions`: its own
classes behind a few words. This module imports neither system, so that stock Faust can be checked in its own process.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, Protocol


class Verdict(NamedTuple):
    kept: bool
    seen: str


class Books(Protocol):
    """One partition: what is delivered to agents, what they finish, what the group's coordinator has stored."""

    stored: int | None

    async def begin(self, committed: int | None) -> None: ...
    async def deliver(self, *offsets: int) -> None: ...
    async def finish(self, *offsets: int) -> None: ...
    async def commit(self, *, accepted: bool = True) -> None: ...
    async def revoke(self) -> None: ...


class Outbox(Protocol):
    """Outputs that an agent left to the layer to send."""

    delivered: int

    async def send_soon(self, count: int, seconds_each: float) -> None: ...
    async def flush(self) -> None: ...


class Transactions(Protocol):
    """Exactly-once's part. Transactions have names; None: there was none."""

    async def output_of(self, source_partition: int, output_partition: int) -> object: ...
    async def offset_of(self, source_partition: int) -> object: ...
    async def commit_that_cannot_work(self) -> bool: ...


class Stale(Protocol):
    """An event of an earlier assignment that waits in an agent's queue, then a live one. Acknowledged offsets."""

    async def stale_then_live(self, stale: int, live: int) -> list[int]: ...


class System(NamedTuple):
    books: Callable[[], Books]
    outbox: Callable[[], Outbox]
    transactions: Callable[[], Transactions]
    stale: Callable[[], Stale]


async def f1a_commits_stop_at_the_first_unfinished(system: System) -> Verdict:
    """Offset 2585 is in an agent's hands; 2586..2589 are through."""
    books = system.books()
    await books.begin(2585)
    await books.deliver(*range(2585, 2590))
    await books.finish(*range(2586, 2590))
    await books.commit()
    return Verdict((books.stored or 0) <= 2585, f"committed {books.stored} with 2585 in flight")


async def f1b_a_fresh_group_commits_nothing_unfinished(system: System) -> Verdict:
    books = system.books()
    await books.begin(None)
    await books.deliver(*range(7))
    await books.finish(5, 6)
    await books.commit()
    return Verdict(not books.stored, f"committed {books.stored} with 0..4 in flight")


async def f1c_a_gap_holds_no_unfinished_message(system: System) -> Verdict:
    """32..34 are not there (a transaction's marker, or compacted away); 35 is in flight."""
    books = system.books()
    await books.begin(30)
    await books.deliver(30, 31, 35, 36)
    await books.finish(30, 31, 36)
    await books.commit()
    return Verdict((books.stored or 0) <= 35, f"committed {books.stored} with 35 in flight")


async def f2_a_flush_waits_for_everything(system: System) -> Verdict:
    outbox = system.outbox()
    await outbox.send_soon(5, 0.15)
    await outbox.flush()
    return Verdict(outbox.delivered == 5, f"the flush came back with {outbox.delivered} of 5 delivered")


async def f4_a_refused_commit_is_repeated(system: System) -> Verdict:
    books = system.books()
    await books.begin(0)
    await books.deliver(0, 1, 2)
    await books.finish(0, 1, 2)
    await books.commit(accepted=False)
    await books.commit()
    return Verdict(books.stored == 3, f"after a refused and a good commit {books.stored} is committed")


async def f7_outputs_and_offset_are_of_one_transaction(system: System) -> Verdict:
    """The key of an event of partition 3 leads its output to partition 7."""
    transactions = system.transactions()
    output = await transactions.output_of(3, 7)
    offset = await transactions.offset_of(3)
    return Verdict(output == offset is not None, f"output in {output}, offset in {offset}")


async def f8_a_transaction_that_was_not_committed_is_not_taken_for_done(system: System) -> Verdict:
    done = await system.transactions().commit_that_cannot_work()
    return Verdict(not done, f"the commit was taken for {'done' if done else 'failed'}")


async def f9_an_event_of_an_earlier_assignment_is_not_acknowledged(system: System) -> Verdict:
    acknowledged = await system.stale().stale_then_live(10, 11)
    return Verdict(acknowledged == [11], f"acknowledged {acknowledged}; 10 is to be read again")


async def f10_what_is_finished_is_committed_before_the_partition_goes(system: System) -> Verdict:
    books = system.books()
    await books.begin(0)
    await books.deliver(*range(5))
    await books.finish(*range(5))
    await books.revoke()
    return Verdict(books.stored == 5, f"the new owner starts at {books.stored}, though 0..4 are through")


PROMISES: dict[str, Callable[[System], Awaitable[Verdict]]] = {
    "F1a": f1a_commits_stop_at_the_first_unfinished,
    "F1b": f1b_a_fresh_group_commits_nothing_unfinished,
    "F1c": f1c_a_gap_holds_no_unfinished_message,
    "F2": f2_a_flush_waits_for_everything,
    "F4": f4_a_refused_commit_is_repeated,
    "F7": f7_outputs_and_offset_are_of_one_transaction,
    "F8": f8_a_transaction_that_was_not_committed_is_not_taken_for_done,
    "F9": f9_an_event_of_an_earlier_assignment_is_not_acknowledged,
    "F10": f10_what_is_finished_is_committed_before_the_partition_goes,
}


async def check_all(system: System) -> dict[str, Any]:
    """Every promise, one after the other."""
    return {name: list(await promise(system)) for name, promise in PROMISES.items()}
