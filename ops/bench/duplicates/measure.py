"""Precision and recall of the duplicate score, over pairs whose truth is known. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ops.bench.duplicates.pairs import Pair, labelled
from streams.matching import THRESHOLD, keys_of, match

GOALS = {"precision": 0.98, "recall": 0.9}
EACH = 160  #: pairs of every kind


def measure(seed: int = 1, each: int = EACH, threshold: float = THRESHOLD) -> dict[str, Any]:
    """A pair is found when the two share a key of the index and score at least the threshold: as the line does it."""
    pairs = labelled(seed, each)
    told = [(pair, bool(keys_of(pair.one) & keys_of(pair.other)), match(pair.one, pair.other).score) for pair in pairs]
    found = [(pair, shared and score >= threshold) for pair, shared, score in told]
    kinds = dict.fromkeys(pair.kind for pair in pairs)
    overall = _score([(pair.same, hit) for pair, hit in found])
    return {
        "seed": seed,
        "threshold": threshold,
        "pairs": len(pairs),
        "countries": sorted({pair.one.country for pair in pairs}),
        **overall,
        "without_a_common_key": sum(pair.same and not shared for pair, shared, _ in told),
        "goals": GOALS,
        "met": all(overall[name] >= least for name, least in GOALS.items()),
        "by_class": {kind: _class([(pair, hit) for pair, hit in found if pair.kind == kind]) for kind in kinds},
    }


def _class(found: Sequence[tuple[Pair, bool]]) -> dict[str, Any]:
    """A class holds pairs of one truth: duplicates have a recall, others a share of false alarms."""
    same, hits = found[0][0].same, sum(hit for _, hit in found)
    name = "recall" if same else "false_alarms"
    precision = None if not hits else 1.0 if same else 0.0
    return {"same": same, "pairs": len(found), "found": hits, "precision": precision, name: round(hits / len(found), 4)}


def _score(found: Sequence[tuple[bool, bool]]) -> dict[str, float]:
    right = sum(same and hit for same, hit in found)
    hits, duplicates = sum(hit for _, hit in found), sum(same for same, _ in found)
    return {"precision": round(right / hits, 4) if hits else 1.0, "recall": round(right / duplicates, 4)}
