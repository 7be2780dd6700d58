"""One change for many letters, and letters that go elsewhere: only as reviewed, agreed to, and allowed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from ops.access.errors import Forbidden
from ops.cases.errors import BadAsk
from ops.replay.tables import letter_edits
from schemas.reasons import Reason
from schemas.records import Opportunity
from schemas.topics import CRM_OPPORTUNITY
from tests.integration.cases_rig import CODEC, Scene, play
from tests.integration.test_letter_edits import BOB, EVE, OWEN, Target, letter, with_target
from tests.integration.test_replay_job import Line, good, turn

PATCH: dict[str, Any] = {
    "name": "deal-names",
    "why": "they were misspelt",
    "reviewed_by": "ada",
    "selection": {"reason": "discount_needs_approval"},
    "changes": [{"field": "name", "map": {"a deal": "A deal"}}],
    "examples": [{"before": {"name": "a deal"}, "after": {"name": "A deal"}}],
}


def test_a_patch_is_previewed_agreed_to_and_sent_and_the_originals_stay(operations_url: str) -> None:
    async def scene(plain: Scene) -> None:
        s = with_target(plain, Target())
        for key in ("o1", "o2"):
            await letter(s, key)
        await letter(s, "o3", name="Another")
        seen = await s.ask("patch.preview", BOB, patch=PATCH)
        assert seen.letters == 2, "what it does not change is left alone"
        job = await s.ask("patch.apply", OWEN, patch=PATCH)
        assert (job.state, job.letters, job.patch.startswith("deal-names@")) == ("proposed", 2, True)
        mark = (await s.ask("letter.preview", EVE, job_id=job.job_id)).preview
        await s.ask("replay.approve", EVE, job_id=job.job_id, preview=mark, why="looks right")
        await turn(s, Line(s, good)).run(job.job_id)
        assert {CODEC.read(one.value, Opportunity).name for one in s.sent} == {"A deal"}
        assert (await s.ask("letter.show", letter_id=job.items[0].letter_id)).payload["name"] == "a deal"

    play(operations_url, scene)


def test_a_patch_that_nobody_agrees_to_leaves_nothing_behind(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        one = await letter(s)
        job = await s.ask("patch.apply", OWEN, patch=PATCH)
        await s.ask("replay.cancel", OWEN, job_id=job.job_id, why="not this way")
        plain = await s.ask("letter.replay", OWEN, selection={"ids": [one]}, why="as it is")
        assert (plain.state, plain.items[0].edit_id) == ("planned", "")
        await turn(s, Line(s, good)).run(plain.job_id)
        assert CODEC.read(s.sent[0].value, Opportunity).name == "a deal"

    play(operations_url, scene)


@pytest.mark.parametrize(
    ("other", "word"),
    [
        ({"examples": [{"before": {"name": "x"}, "after": {"name": "y"}}]}, "examples do not hold"),
        ({"reviewed_by": "owen"}, "somebody else applies it"),
        (
            {"changes": [{"field": "id", "set": "x"}], "examples": [{"before": {"id": "a"}, "after": {"id": "x"}}]},
            "locked",
        ),
        (
            {
                "changes": [{"field": "name", "map": {"q": "r"}}],
                "examples": [{"before": {"name": "q"}, "after": {"name": "r"}}],
            },
            "none",
        ),
    ],
)
def test_what_is_untested_unreviewed_locked_or_nothing_is_refused(
    operations_url: str, other: dict[str, Any], word: str
) -> None:
    async def scene(s: Scene) -> None:
        await letter(s)
        with pytest.raises(BadAsk, match=word):
            await s.ask("patch.apply", OWEN, patch=PATCH | other)
        with pytest.raises(Forbidden):
            await s.ask("patch.apply", BOB, patch=PATCH)
        async with s.desk.database.connect() as connection:
            assert await connection.scalar(select(func.count()).select_from(letter_edits)) == 0

    play(operations_url, scene)


def redirecting(s: Scene, targets: list[str]) -> Scene:
    replay = s.desk.settings.replay.model_copy(update={"redirects": {CRM_OPPORTUNITY.name: targets}})
    return replace(s, desk=replace(s.desk, settings=s.desk.settings.model_copy(update={"replay": replay})))


def test_letters_go_elsewhere_only_where_it_is_allowed(operations_url: str) -> None:
    async def scene(plain: Scene) -> None:
        s = redirecting(plain, ["deals.renamed", "mesh.erp.order"])
        one = await letter(s)
        asked = {"selection": {"ids": [one]}, "why": "the topic was renamed"}
        for to in ("deals.other", f"mesh.dlq.{Reason.UNCLASSIFIED.value}", "mesh.redrive.decide", "mesh.erp.order"):
            with pytest.raises(BadAsk):
                await s.ask("letter.replay", OWEN, **asked, to=to)
        job = await s.ask("letter.replay", OWEN, **asked, to="deals.renamed")
        assert (job.state, "deals.renamed" in job.needs) == ("proposed", True)
        seen = await s.ask("letter.preview", EVE, job_id=job.job_id)
        assert "deals.renamed" in seen.items[0].detail
        await s.ask("replay.approve", EVE, job_id=job.job_id, preview=seen.preview, why="it was")
        await turn(s, Line(s, good)).run(job.job_id)
        (sent,) = s.sent
        assert (sent.topic, dict(sent.headers)["odd"]) == ("deals.renamed", b"\xff\x00")
        assert [name for name, _ in sent.headers if name.startswith("mesh-")] == ["mesh-letter-id"]
        assert (await s.ask("replay.show", job_id=job.job_id)).redirected == 1
        assert await s.state(one) == "resolved"

    play(operations_url, scene)
