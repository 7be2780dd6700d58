"""Many hands at once: lanes of the day, carried out by a few threads, each with its own connection to the CRM."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ops.demo.crm import CrmUser
from ops.demo.portal import Senders
from ops.demo.records import Delivery, Lane

HANDS = 6


def carry_out(lanes: Sequence[Lane], crm_url: str, senders: Senders, done: Callable[[int], None]) -> None:
    """Every step of every lane; a lane's own in order. `done` is told the steps of each finished lane.

    Raises DemoFailed, whatever hand it happens to.
    """
    waiting: queue.SimpleQueue[Lane] = queue.SimpleQueue()
    for lane in sorted(lanes, key=lambda lane: any(isinstance(step, Delivery) for step in lane.steps)):
        waiting.put(lane)  # the CRM's first: the door may still be opening
    failed = threading.Event()

    def work() -> None:
        with CrmUser(crm_url) as user:
            while not failed.is_set():
                try:
                    lane = waiting.get_nowait()
                except queue.Empty:
                    return
                for step in lane.steps:
                    if isinstance(step, Delivery):
                        senders.send(step)
                    else:
                        user.commit(step)
                done(len(lane.steps))

    with ThreadPoolExecutor(HANDS) as pool:
        hands = [pool.submit(work) for _ in range(HANDS)]
        for hand in hands:
            try:
                hand.result()
            except BaseException:
                failed.set()
                raise
