"""Differences of one record against its open drifts -> what is opened, changed, closed. Pure.

A drift's id is fixed by record and kind, so the same alert told twice is one alert: readers keep the last per id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from reconciler.difference import Difference
from reconciler.explain import closing_words
from reconciler.rows import Subject
from reconciler.rules import RULES_VERSION, Owner
from schemas.identity import drift_id_for
from schemas.records import Drift, DriftKind

#: What `Drift.money` holds; beyond it the fields and the words still tell the amounts.
_MONEY_LIMIT = Decimal(10) ** 14
_PLACES = Decimal("0.0001")
_PROPOSALS: dict[Owner, str] = {"crm": "write_erp", "erp": "write_crm", "people": "by_hand"}
OpenDrifts = Mapping[DriftKind, Drift]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one record, and when. `since` is when a difference became drift: last change plus grace."""

    subject: Subject
    account_id: str
    differences: Sequence[Difference]
    crm_version: int | None
    erp_version: int | None
    since: datetime
    now: datetime
    explained: Mapping[DriftKind, str] = field(default_factory=dict)  #: what accounts for a kind of difference


def opened_and_changed(finding: Finding, open_: OpenDrifts) -> list[Drift]:
    """Drifts to tell: new ones, and open ones whose content is another now."""
    told: list[Drift] = []
    for difference in finding.differences:
        before = open_.get(difference.kind)
        if before is None:
            told.append(_drift(finding, difference))
        elif _content(before) != _content(after := _changed(finding, difference, before)):
            told.append(after)
    return told


def closed(finding: Finding, open_: OpenDrifts) -> list[Drift]:
    """Open drifts of a kind that the record no longer shows."""
    still = {difference.kind for difference in finding.differences}
    return [
        drift.model_copy(
            update={
                "status": "closed",
                "observed_at": finding.now,
                "crm_version": finding.crm_version,
                "erp_version": finding.erp_version,
                "explanation": closing_words(drift),
            }
        )
        for kind, drift in sorted(open_.items())
        if kind not in still
    ]


def _drift(finding: Finding, difference: Difference) -> Drift:
    entity, key = finding.subject
    return Drift(
        drift_id=drift_id_for(entity, key, difference.kind),
        entity=entity,
        key=key,
        account_id=finding.account_id,
        kind=difference.kind,
        status="opened",
        severity=difference.severity,
        fields=list(difference.fields),
        money=_told(difference.money),
        currency=difference.currency,
        crm_version=finding.crm_version,
        erp_version=finding.erp_version,
        opened_at=finding.since,
        observed_at=finding.now,
        explanation=difference.explanation,
        at_stake=_told(difference.at_stake),
        owner=difference.owner,
        proposal=_PROPOSALS[difference.owner],
        explained_by=finding.explained.get(difference.kind, ""),
        rules_version=RULES_VERSION,
    )


def _changed(finding: Finding, difference: Difference, before: Drift) -> Drift:
    # The account stays the one it was opened under: the partition, and so the order of its story, stays too.
    kept = {"status": "changed", "opened_at": before.opened_at, "account_id": before.account_id}
    return _drift(finding, difference).model_copy(update=kept)


def explained_again(drift: Drift, explained_by: str, now: datetime) -> Drift:
    """The drift, now that something accounts for it."""
    return drift.model_copy(update={"status": "changed", "observed_at": now, "explained_by": explained_by})


def _content(drift: Drift) -> object:
    return drift.fields, drift.money, drift.currency, drift.severity, drift.explained_by


def _told(amount: Decimal | None) -> Decimal | None:
    """With the four decimals that it has when it is read from the topic again: then both are the same bytes."""
    return amount.quantize(_PLACES) if amount is not None and abs(amount) < _MONEY_LIMIT else None
