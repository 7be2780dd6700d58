"""Parking: while a record has an open letter that blocks, its later events wait behind it, in order.

    event ─▶ covered by a block, or events of its record wait? ──no──▶ decided
                    │ yes
                    ▼
                 parked ── block ended, drainer sends the tail in order ──▶ first of its record, and not covered?
                    ▲                                                            │ no          │ yes
                    └──────────────── put back ──────────────────────────────────┘             ▼
                                                                                        decided, or superseded

A block is a letter's row: whoever closes the letter's case ends it. What waits is a row per event with the original
bytes. Both change only in transactions that hold the partition's turn or lock the rows, so a death at any step leaves
either the state before it or the state after it.
"""

from __future__ import annotations
