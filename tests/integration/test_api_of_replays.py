"""Replay jobs over HTTP: the same answers as the service, run by the worker, one process at a time."""

from __future__ import annotations

import asyncio
from typing import Any

from ops.access.people import Actor
from ops.cases.desk import Desk
from ops.replay.course import Counts
from ops.replay.pickup import run_due
from ops.replay.states import ItemMove, JobState
from tests.integration.cases_rig import ADA, Scene, play
from tests.integration.test_api_of_cases import client, problem
from tests.integration.test_replay_job import Line, good, turn

BODY = {"selection": {"reason": "discount_needs_approval"}, "why": "approved by the desk", "rate": 1000}


async def _letters(s: Scene, count: int) -> None:
    batch = [s.topics.letter(f"o{n}", account=f"a{n}", at=s.later(seconds=1)) for n in range(count)]
    await s.indexer.index(batch)
    s.later(minutes=1)


def _runner(s: Scene) -> Any:
    async def run(desk: Desk, actor: Actor, job_id: str) -> object:
        assert (actor.name, actor.door) == ("bob-on-call", "worker"), "it is run in the name of whose it is"
        return await turn(s, Line(s, good)).run(job_id)

    return run


def test_a_job_over_http_is_the_services_and_the_worker_runs_it(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await _letters(s, 4)
        async with await client(s, "on-call") as http:
            made = (await http.post("/v1/replays", json=BODY)).json()
            assert (made["state"], made["runner"], made["letters"], made["waiting"]) == ("planned", "worker", 4, 4)
            job = f"/v1/replays/{made['job_id']}"
            shown = await s.ask("replay.show", job_id=made["job_id"])
            assert (await http.get(job)).json() == shown.model_dump(mode="json") == made
            listed = await s.ask("replay.list")
            assert (await http.get("/v1/replays")).json() == listed.model_dump(mode="json")
            assert await run_due(s.desk, _runner(s)) == 1
            assert await run_due(s.desk, _runner(s)) == 0, "what is done is not run again"
            done = (await http.get(job)).json()
            assert (done["state"], done["applied"]) == ("done", 4)
            assert len(s.sent) == 4

    play(operations_url, scene)


def test_a_job_is_steered_over_http_and_refuses_what_makes_no_sense(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await _letters(s, 3)
        async with await client(s, "on-call") as http:
            made = (await http.post("/v1/replays", json=BODY)).json()
            job, why = f"/v1/replays/{made['job_id']}", {"why": "wait a moment"}
            assert problem(await http.post(f"{job}/pause", json=why)) == (409, "not-now"), "it does not run yet"
            assert (await http.post(f"{job}/resume", json=why)).json()["state"] == "running"
            assert (await http.post(f"{job}/pause", json=why)).json()["state"] == "paused"
            assert await run_due(s.desk, _runner(s)) == 0, "what rests is not run"
            assert (await http.post(f"{job}/cancel", json=why)).json()["state"] == "cancelled"
            assert problem(await http.post(f"{job}/cancel", json={})) == (422, "invalid")
            assert problem(await http.get("/v1/replays/ffff")) == (404, "not-found")
            nothing = {"selection": {"reason": "erp_rejected"}, "why": "none there"}
            assert problem(await http.post("/v1/replays", json=nothing)) == (404, "not-found")
            assert problem(await http.post("/v1/replays/preview", json={})) == (422, "invalid")
        async with await client(s, "viewer") as http:
            assert problem(await http.post("/v1/replays", json=BODY)) == (403, "not-allowed")

    play(operations_url, scene)


def test_two_workers_do_not_run_one_job_and_a_dead_one_gives_it_free(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await _letters(s, 2)
        await s.ask("letter.replay", ADA, **BODY)
        inside, go_on = asyncio.Event(), asyncio.Event()

        async def slow(desk: Desk, actor: Actor, job_id: str) -> object:
            inside.set()
            await go_on.wait()
            return await turn(s, Line(s, good)).run(job_id)

        first = asyncio.create_task(run_due(s.desk, slow))
        await inside.wait()
        assert await run_due(s.desk, slow) == 0, "the first one has it"
        first.cancel()
        await asyncio.wait([first])
        go_on.set()
        assert await run_due(s.desk, slow) == 1, "who died has it no more"

    play(operations_url, scene)


def test_whoever_resumes_a_job_by_hand_takes_it_from_the_worker(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await _letters(s, 6)
        made = await s.ask("letter.replay", ADA, **BODY)
        stopped, note, _ = await turn(s, Line(s, lambda _: ItemMove.FAIL)).run(made.job_id)
        assert (stopped, "failed again" in note) == (JobState.STOPPED, True) or stopped is JobState.DONE
        if stopped is JobState.STOPPED:
            step = await s.ask("replay.resume", ADA, job_id=made.job_id, why="seen", detach=False)
            assert step.state == "running"
            assert await run_due(s.desk, _runner(s)) == 0, "a person runs it"
            state, _, counts = await turn(s, Line(s, good)).run(made.job_id)
            assert state is JobState.DONE
            assert isinstance(counts, Counts)

    play(operations_url, scene)


def test_personal_data_in_a_preview_is_masked_and_revealing_it_is_audited() -> None:
    from ops.replay.preview.masking import masked_body, masked_field  # noqa: PLC0415

    body = [[7], {"name": "Ada", "addresses": [["write", [1], {"city": "Bonn"}]], "code": "C-1"}]
    told = str(masked_body([*body, {"identifiers": [["create", [{"type": "eu_vat", "code": "DE1"}]]]}]))
    assert not any(word in told for word in ("Ada", "Bonn", "DE1"))
    assert "C-1" in told
    contact = {"contact_mechanisms": [["create", [{"type": "email", "value": "a@b.c"}]]]}
    assert "a@b.c" not in str(masked_body(contact))
    assert masked_field("postal code", "53111") == "<masked, 5 characters>"
    assert masked_field("line 1 amount", "3.00") == "3.00"
