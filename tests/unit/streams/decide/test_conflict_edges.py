"""DR2 and DR3 at their edges: what counts as a change, what both had before it, and what a letter tells of it."""

from __future__ import annotations

import pytest

from schemas.outcome import DeadLetter
from schemas.reasons import Reason
from schemas.records import Account
from streams.decide import Facts, Known, Policy, decide
from streams.decide.conflict import Clash, Version, clashes
from streams.decide.facts import Touch
from streams.decide.touched import touched
from tests.unit.streams.decide.cases import NOW, facts
from tests.unit.streams.decide.test_conflict import US, crm, erp, known, order, won

SINCE = "1970-01-01T00:00:00.0000"
SELLER = Touch(15, "seller", "Köln")


def of_the_city(event: Account, before: Known | None, there: Known) -> Clash:
    found = clashes(event, Facts(known=before, account=before, counterpart=there), US)
    (clash,) = [one for one in found if one.field.crm == "city"]
    return clash


@pytest.mark.parametrize(
    ("here", "there", "moved"),
    [
        (Version("crm", "Köln", Touch(1, "seller", "Köln")), Version("erp", "Bonn", None), False),
        (Version("crm", "Köln", Touch(3, "seller", "Köln", ("Ulm",))), Version("erp", "Bonn", None), True),
        (Version("erp", "Köln", Touch(30, "clerk", "Ulm", ("Rom",))), Version("crm", "Bonn", SELLER), True),
        (Version("erp", "Köln", Touch(14, "clerk", "Ulm", ("Rom",))), Version("crm", "Bonn", SELLER), False),
        (Version("erp", "Köln", Touch(30, "clerk", "Ulm")), Version("crm", "Bonn", SELLER), False),
    ],
    ids=["never left", "left and back", "back by a detour, later", "back by a detour, earlier", "it lags behind"],
)
def test_a_value_that_both_had_is_a_change_where_people_came_back_to_it(
    here: Version, there: Version, moved: bool
) -> None:
    assert here.moved(there) is moved


def test_a_record_that_one_side_deleted_has_nothing_to_agree_on() -> None:
    there = known(erp(20, city="Ulm"), sent=False, city=Touch(20, "clerk", "Köln"))
    event = crm(25, city="Bonn")
    assert clashes(event, Facts(known=known(crm(1)), counterpart=there), US)
    gone = Known(there.record, True, touched=there.touched)
    assert clashes(event, Facts(known=known(crm(1)), counterpart=gone), US) == ()
    deleted = event.model_copy(update={"meta": event.meta.model_copy(update={"operation": "delete"})})
    assert clashes(deleted, Facts(known=known(crm(1)), counterpart=there), US) == ()


def test_what_both_had_is_kept_through_changes_that_the_other_side_has_not_followed() -> None:
    clash = of_the_city(crm(20, city="Ulm"), known(crm(15, city="Bonn"), city=SELLER), known(erp(1, US)))
    assert clash.crm.touch == Touch(20, "seller", "Köln", ("Bonn",))
    assert clash.standing == "crm"


def test_what_nobody_changed_is_settled() -> None:
    assert of_the_city(crm(20, city="Bonn"), None, known(erp(1, US))).standing == "settled"


def test_a_city_that_the_crm_never_changed_is_the_erp_s_change_alone() -> None:
    there = known(erp(25, city="Ulm"), sent=False, city=Touch(25, "clerk", "Köln"))
    clash = of_the_city(crm(30, city="Rom"), None, there)
    assert (clash.standing, clash.crm.touch) == ("erp", None)


@pytest.mark.parametrize(
    ("ours", "before", "past", "standing"),
    [
        ("Ulm", "Köln", (), "both"),
        ("Ulm", "Köln", ("Ulm",), "both"),
        ("Köln", "Köln", ("Köln",), "both"),
        ("Köln", "Köln", (), "erp"),
    ],
    ids=["it had another", "it had that one on the way", "it had come back to it", "it has just left it"],
)
def test_what_we_brought_to_the_crm_when_the_erp_changed_once_more(
    ours: str, before: str, past: tuple[str, ...], standing: str
) -> None:
    there = known(erp(25, city="Rom"), sent=False, city=Touch(25, "clerk", before, past))
    clash = of_the_city(crm(30, US, city=ours), known(crm(15, city="Bonn"), city=SELLER), there)
    assert clash.standing == standing
    assert clash.crm.touch == (Touch(24, US, before, past) if standing == "both" else None)
    assert clash.erp.touch == Touch(25, "clerk", before, past)


def test_a_review_tells_of_each_sum_and_currency_that_both_changed() -> None:
    ours = won("12", 20).model_copy(update={"currency": "CHF"})
    theirs = order("22", 30, "clerk").model_copy(update={"currency": "USD"})
    both = {"total": Touch(30, "clerk", "20"), "currency": Touch(30, "clerk", "EUR")}
    outcome = decide(ours, facts(known=Known(won("10", 1)), counterpart=Known(theirs, touched=both)), Policy(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.CONFLICT_ON_FINANCIAL_FIELD
    seller, clerk = f"since {SINCE}20+00:00 by seller", f"since {SINCE}30+00:00 by clerk"
    told = {
        f"amount: the CRM has 24 {seller}; the ERP has 22 {clerk}; both had 20",
        f"currency: the CRM has CHF {seller}; the ERP has USD {clerk}; both had EUR",
    }
    one, other = sorted(told)
    head = "opportunity d1 was changed on both sides: "
    assert outcome.detail in (f"{head}{one}; {other}", f"{head}{other}; {one}")


def test_a_letter_to_the_owner_tells_also_what_both_changed_in_the_same_moment() -> None:
    there = known(crm(15, name="Eva"), name=Touch(15, "seller", "Ada"))
    event = erp(20, city="Ulm", name="Bob")
    outcome = decide(
        event,
        Facts(known=known(erp(1, US), sent=False), account=there, counterpart=there, customer_code="C1"),
        Policy(),
        NOW,
    )
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is Reason.WRITTEN_BY_WRONG_SIDE
    assert f"city: the CRM has Köln; the ERP has Ulm since {SINCE}20+00:00 by clerk; both had Köln" in outcome.detail
    assert f"name: the CRM has Eva since {SINCE}15+00:00 by seller; the ERP has Bob since" in outcome.detail


@pytest.mark.parametrize(("left_at", "before"), [(21, "Bonn"), (20, "Köln"), (19, "Köln")])
def test_both_had_what_the_other_side_came_to_and_left_later(left_at: int, before: str) -> None:
    ours = known(crm(20, city="Bonn"), city=Touch(20, "seller", "Köln"))
    theirs = known(erp(left_at, city="Ulm"), sent=False, city=Touch(left_at, "clerk", "Bonn"))
    past = () if before == "Bonn" else ("Bonn",)
    assert touched(crm(40, city="Aachen"), ours, theirs) == {"city": Touch(40, "seller", before, past)}
    elsewhere = known(erp(30, city="Ulm"), sent=False, city=Touch(30, "clerk", "Rom"))
    assert touched(crm(40, city="Aachen"), ours, elsewhere)["city"] == Touch(40, "seller", "Köln", ("Bonn",))


def test_without_a_counterpart_what_it_had_is_what_both_had() -> None:
    ours = known(crm(20, city="Bonn"), city=Touch(20, "seller", "Köln"))
    assert touched(crm(40, city="Aachen"), ours, None) == {"city": Touch(40, "seller", "Bonn")}
