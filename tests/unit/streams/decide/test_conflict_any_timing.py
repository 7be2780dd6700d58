"""DR2 and DR3 under any interleaving: the later change wins on both sides, and no change goes unseen."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.reasons import Reason
from tests.unit.streams.decide.two_sides import agreed

FIELDS = ("name", "city", "email")
STEPS = ("crm", "erp", "to_crm", "to_erp")
SOME_STEPS = st.lists(st.sampled_from(STEPS), max_size=6)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FIELDS), st.sampled_from(FIELDS), st.booleans(), SOME_STEPS, SOME_STEPS)
def test_changed_on_both_sides_at_once(
    crm_field: str, erp_field: str, crm_first: bool, between: list[str], after: list[str]
) -> None:
    async def scene() -> None:
        line, systems = await agreed()
        first, second = ("crm", "erp") if crm_first else ("erp", "crm")
        old = (await systems.values(erp_field))[0]
        for side in (first, second):
            if side == "crm":
                await systems.change_crm(crm_field, "C")
            else:
                overwritten = systems.erp[erp_field]
                await systems.change_erp(erp_field, "E")
            for step in between if side == first else after:
                await line.step(step)
        await line.rest()
        told = [letter.detail for _, letter in line.letters]
        crm, erp = await systems.values(erp_field)
        if crm_field != erp_field:
            assert await systems.values(crm_field) == ("C", "C"), "the owner's change arrives"
            assert (crm, erp) == (old, "E"), "nothing is overwritten"
            assert any("E since" in text for text in told), "and the owner hears of it"
        elif not crm_first:
            assert (crm, erp) == ("C", "C"), "the CRM's change is later"
        elif overwritten == "C":  # a clerk changed what had come from the CRM: that is no conflict
            assert (crm, erp) == ("E", "E") or ((crm, erp) == ("C", "E") and any("E since" in text for text in told))
        else:
            assert (crm, erp) == ("E", "E"), "the ERP's change is later"
        assert {letter.reason for _, letter in line.letters} <= {Reason.WRITTEN_BY_WRONG_SIDE}
        heard = {getattr(event, erp_field) for event in (k.record for k in line.view.records.values())}
        assert heard <= {crm, erp}

    asyncio.run(scene())


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("crm", "erp")),
            st.sampled_from(FIELDS),
            SOME_STEPS,
        ),
        max_size=5,
    )
)
def test_many_changes_come_to_rest_and_no_difference_is_untold(
    changes: list[tuple[str, str, list[str]]],
) -> None:
    async def scene() -> None:
        line, systems = await agreed()
        for number, (side, name, steps) in enumerate(changes):
            await (systems.change_crm if side == "crm" else systems.change_erp)(name, f"value {number}")
            for step in steps:
                await line.step(step)
        await line.rest()
        told = " ".join(letter.detail for _, letter in line.letters)
        for name in FIELDS:
            crm, erp = await systems.values(name)
            assert crm == erp or f"{name}: " in told, (name, crm, erp)

    asyncio.run(scene())
