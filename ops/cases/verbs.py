"""The table of verbs: one line is a service call, an HTTP operation and a command. Nothing else is offered anywhere."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

import ops.access.verbs as access
import ops.audit.verbs as audit
from ops.access.people import Actor
from ops.cases import acts, answers, asks, billing, reads
from ops.cases.desk import Desk
from ops.explain.verb import explain
from ops.parking import verbs as parking
from ops.replay import answers as jobs
from ops.replay import asks as replays
from ops.replay import verbs as replay
from ops.replay.edits import verbs as edits
from ops.replay.patches import verbs as patch
from ops.replay.patches.asks import LookAtPatch, UsePatch

Handler = Callable[[Desk, Actor, Any], Awaitable[BaseModel]]


@dataclass(frozen=True, slots=True)
class Verb:
    """`name` is the action that a role allows and the audit names. `command` is what is typed after `meshline`."""

    name: str
    handler: Handler
    ask: type[BaseModel]
    answer: type[BaseModel]
    method: Literal["GET", "POST", "DELETE"]
    path: str
    command: str

    @property
    def summary(self) -> str:
        return (self.handler.__doc__ or "").strip()


_TABLE = (
    Verb("letter.list", reads.list_letters, asks.ListLetters, answers.LetterPage, "GET", "/letters", "dlq list"),
    Verb(
        "letter.show",
        reads.show_letter,
        asks.ShowLetter,
        answers.LetterWhole,
        "GET",
        "/letters/{letter_id}",
        "dlq show",
    ),
    Verb(
        "letter.preview",
        replay.look_ahead,
        replays.LookAhead,
        jobs.Previewed,
        "POST",
        "/replays/preview",
        "dlq preview",
    ),
    Verb("letter.replay", replay.create, replays.NewJob, jobs.JobWhole, "POST", "/replays", "dlq replay"),
    Verb("replay.list", replay.list_jobs, replays.ListJobs, jobs.JobPage, "GET", "/replays", "dlq jobs"),
    Verb("replay.show", replay.show, replays.OneJob, jobs.JobWhole, "GET", "/replays/{job_id}", "dlq job"),
    Verb("replay.pause", replay.pause, replays.Steer, jobs.Step, "POST", "/replays/{job_id}/pause", "dlq pause"),
    Verb("replay.resume", replay.resume, replays.Resume, jobs.Step, "POST", "/replays/{job_id}/resume", "dlq resume"),
    Verb("replay.cancel", replay.cancel, replays.Steer, jobs.Step, "POST", "/replays/{job_id}/cancel", "dlq cancel"),
    Verb(
        "replay.approve",
        replay.approve,
        replays.Approve,
        jobs.Step,
        "POST",
        "/replays/{job_id}/approve",
        "dlq approve",
    ),
    Verb("replay.undo", replay.undo, replays.Undo, jobs.Undone, "POST", "/replays/{job_id}/undo", "dlq undo"),
    Verb("letter.edit", edits.edit, replays.EditLetter, jobs.Version, "POST", "/letters/{letter_id}/edit", "dlq edit"),
    Verb(
        "letter.versions",
        edits.list_versions,
        replays.OneLetter,
        jobs.Versions,
        "GET",
        "/letters/{letter_id}/versions",
        "dlq versions",
    ),
    Verb(
        "patch.preview",
        patch.preview_patch,
        LookAtPatch,
        jobs.Previewed,
        "POST",
        "/patches/preview",
        "dlq patch preview",
    ),
    Verb("patch.apply", patch.apply_patch, UsePatch, jobs.JobWhole, "POST", "/patches", "dlq patch apply"),
    Verb("parking.list", parking.list_parked, parking.ListParked, parking.ParkedPage, "GET", "/parked", "dlq parked"),
    Verb(
        "parking.unblock",
        parking.unblock,
        parking.Unblock,
        parking.Unblocked,
        "POST",
        "/parked/{entity}/{key}/unblock",
        "dlq unblock",
    ),
    Verb(
        "parking.skip",
        parking.skip,
        parking.SkipParked,
        parking.ParkedEvent,
        "POST",
        "/parked/{event_id}/skip",
        "dlq skip",
    ),
    Verb("case.list", reads.list_cases, asks.ListCases, answers.CasePage, "GET", "/cases", "case list"),
    Verb("case.groups", reads.list_groups, asks.ListGroups, answers.Groups, "GET", "/groups", "case groups"),
    Verb("case.show", reads.show_case, asks.OneCase, answers.CaseWhole, "GET", "/cases/{case_id}", "case show"),
    Verb("case.assign", acts.assign, asks.Assign, answers.Done, "POST", "/cases/{case_id}/assign", "case assign"),
    Verb("case.resolve", acts.resolve, asks.Resolve, answers.Done, "POST", "/cases/{case_id}/resolve", "case resolve"),
    Verb("case.discard", acts.discard, asks.Decide, answers.Done, "POST", "/cases/{case_id}/discard", "case discard"),
    Verb("case.reopen", acts.reopen, asks.Decide, answers.Done, "POST", "/cases/{case_id}/reopen", "case reopen"),
    Verb("case.comment", acts.comment, asks.Comment, answers.Done, "POST", "/cases/{case_id}/comment", "case comment"),
    Verb("case.tag", acts.tag, asks.Retag, answers.Done, "POST", "/cases/{case_id}/tag", "case tag"),
    Verb(
        "drift.holds", billing.list_holds, billing.ListHolds, billing.HoldPage, "GET", "/billing-holds", "drift holds"
    ),
    Verb(
        "drift.hold",
        billing.hold_billing,
        billing.HoldBilling,
        billing.HoldLine,
        "POST",
        "/billing-holds",
        "drift hold",
    ),
    Verb(
        "drift.release",
        billing.release_billing,
        billing.ReleaseBilling,
        billing.HoldLine,
        "POST",
        "/billing-holds/{hold_id}/release",
        "drift release",
    ),
    Verb("audit.list", audit.list_audit, asks.ListAudit, answers.AuditPage, "GET", "/audit", "audit list"),
    Verb(
        "audit.verify",
        audit.verify_audit,
        asks.VerifyAudit,
        answers.AuditVerdict,
        "GET",
        "/audit/verify",
        "audit verify",
    ),
    Verb("access.grant", access.grant, asks.Grant, answers.Granted, "POST", "/access", "access grant"),
    Verb("access.revoke", access.revoke, asks.Revoke, answers.Revoked, "DELETE", "/access/{person}", "access revoke"),
    Verb("access.list", access.list_grants, asks.ListGrants, answers.GrantPage, "GET", "/access", "access list"),
    Verb("explain.record", explain, asks.Explain, answers.Story, "GET", "/explain/{entity}/{key}", "explain"),
)
VERBS = {verb.name: verb for verb in _TABLE}
