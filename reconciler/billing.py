"""When too much money is out of step, new billing is to wait. Pure.

share   ------------------------------ above   ─▶ raised
          (held stays held, free stays free)
        ------------------------------ below   ─▶ released
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from schemas.records import BillingHold, Drift

HOLD_ID = "drift-share"  #: one hold for the whole line; told again it is the same
REASON = "drift"


@dataclass(frozen=True, slots=True)
class BillingPolicy:
    """Shares of the known deals, 0 to 1. Between the two nothing changes, so that a hold does not flutter.

    Fewer than `least` doubtful records hold nothing: of a few deals every one is a large share.
    """

    above: Decimal
    below: Decimal
    least: int = 1


def in_doubt(drifts: Iterable[Drift]) -> int:
    """How many records have money at stake that nothing accounts for."""
    return len(
        {(one.entity, one.key) for one in drifts if one.at_stake and not one.explained_by and one.status != "closed"}
    )


def judge(
    doubtful: int, known: int, held_since: datetime | None, policy: BillingPolicy, now: datetime
) -> BillingHold | None:
    """The hold to tell; None where nothing changes. `held_since`: since when we have it raised. A person who released
    it meanwhile is not overruled: it is raised anew only after the share has fallen.
    """
    share = Decimal(doubtful) / max(1, known)
    if held_since is None and doubtful >= max(1, policy.least) and share > policy.above:
        return _hold("raised", now, None)
    if held_since is not None and share <= policy.below:
        return _hold("released", held_since, now)
    return None


def _hold(state: str, raised_at: datetime, released_at: datetime | None) -> BillingHold:
    """Of no one account: it holds for all of them."""
    body = {
        "hold_id": HOLD_ID, "case_id": HOLD_ID, "state": state, "account_id": "", "entity": "", "key": "",
        "reason": REASON, "raised_at": raised_at, "released_at": released_at,
    }  # fmt: skip
    return BillingHold.model_validate(body)
