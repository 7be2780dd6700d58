"""A remark as a message: what changed, which readers that breaks or misleads, and whom to talk to."""

from __future__ import annotations

from schemas.gate.compare import Remark
from schemas.gate.terms import UNKNOWN, Terms


def message_of(remark: Remark, terms: Terms, owner: str) -> str:
    """One or two sentences, understandable without the catalogue of rules."""
    text = remark.message
    clauses = _clauses(remark, terms)
    if clauses:
        text += ": " + "; ".join(clauses)
    return f"{text}. {_talk(terms, owner)}"


def _clauses(remark: Remark, terms: Terms) -> list[str]:
    clauses = []
    known = f" ({', '.join(terms.readers)})" if terms.readers else ""
    gone = remark.rule == "ML003"
    if remark.rule in ("ML001", "ML002"):  # the message names the reader already
        labels = [label for found in remark.breaks.values() for label in found]
        side = "data of" if remark.rule == "ML001" else "it runs with"
        return [f"{side} {_list(labels)}{known if remark.rule == 'ML002' else ''}"]
    if broken := remark.breaks.get("backward"):
        clauses.append(f"new readers fail on data of {_list(broken)}")
    if misled := remark.misreads.get("backward"):
        clauses.append(f"new readers read something else in data of {_list(misled)}")
    if stopped := remark.breaks.get("forward"):
        clauses.append(f"released readers of {_list(stopped)}{known} fail on new data")
    if blind := remark.misreads.get("forward"):
        what = "the default, in every new record" if gone else "something else in new data"
        clauses.append(f"released readers of {_list(blind)}{known} read {what}")
    return clauses


def _talk(terms: Terms, owner: str) -> str:
    if owner == UNKNOWN:
        return 'Owner unknown: give the schema an "owner" or a contract'
    backup = f" (backup: {terms.backup})" if terms.backup else ""
    contact = f", {terms.contact}" if terms.contact else ""
    return f"Talk to {owner}{contact}{backup}"


def _list(labels: list[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
