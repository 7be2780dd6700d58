"""Who may do what on a real database, and the trace that everything leaves."""

from __future__ import annotations

import pytest

from ops.access.errors import Forbidden, Unknown
from ops.access.people import Gatekeeper
from ops.audit.chain import check
from ops.audit.store import read_all, read_head
from tests.integration.cases_rig import ADA, KEY, Actor, Role, Scene, one, play


def test_who_may_not_is_refused_and_that_is_in_the_audit(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        viewer = Actor("eve", Role.VIEWER, "api")
        with pytest.raises(Forbidden, match="needs approver"):
            await s.ask("case.discard", viewer, case_id=case, why="away with it")
        with pytest.raises(Forbidden):
            await s.ask("letter.show", viewer, letter_id=case, reveal=True)
        assert await s.state(case) == "open"
        refused = (await s.ask("audit.list", refused=True)).entries
        assert [(entry.who, entry.action, entry.allowed) for entry in refused] == [
            ("eve", "case.discard", False),
            ("eve", "letter.reveal", False),
        ]

    play(operations_url, scene)


def test_personal_data_is_masked_and_revealed_only_with_a_trace(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        await s.indexer.index([s.topics.letter("o1", name="Ada Lovelace and friends")])
        case = (await s.ask("case.list")).cases[0].case_id
        shown = await s.ask("letter.show", letter_id=case)
        assert "example" not in shown.model_dump_json() or shown.payload["discount_approved_by"].startswith("<masked")
        revealed = await s.ask("letter.show", letter_id=case, reveal=True)
        assert not str(revealed.payload["discount_approved_by"]).startswith("<masked")
        assert [entry.action for entry in (await s.ask("audit.list")).entries] == ["letter.reveal"]

    play(operations_url, scene)


def test_the_audit_is_one_chain_and_a_change_in_the_database_is_found(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        case = await one(s)
        for number in range(3):
            await s.ask("case.comment", case_id=case, text=f"note {number}")
        assert (await s.ask("audit.verify")).faults == []
        async with s.desk.database.begin() as connection:
            await connection.exec_driver_sql("update audit_entries set who = 'eve' where seq = 2")
        verdict = await s.ask("audit.verify")
        assert [fault.split(":")[0] for fault in verdict.faults] == ["entry 2"]
        async with s.desk.database.begin() as connection:
            await connection.exec_driver_sql("delete from audit_entries where seq = 3")
            entries, (head, _) = await read_all(connection), await read_head(connection)
        assert len(check(entries, head, KEY)) >= 2
        assert await s.state(case) == "open"

    play(operations_url, scene)


def test_a_token_is_shown_once_and_worth_nothing_when_revoked(operations_url: str) -> None:
    async def scene(s: Scene) -> None:
        granted = await s.ask("access.grant", ADA, person="bob", role="owner", why="he joined")
        gate = Gatekeeper()
        async with s.desk.database.connect() as connection:
            assert (await gate.actor(connection, granted.token, "api")).role is Role.OWNER
        listed = await s.ask("access.list")
        assert granted.token.split("_")[2] not in listed.model_dump_json()
        await s.ask("access.revoke", person="bob", why="he left")
        async with s.desk.database.connect() as connection:
            for token in (granted.token, "mesh_x_y", ""):
                with pytest.raises(Unknown):
                    await gate.actor(connection, token, "api")

    play(operations_url, scene)
