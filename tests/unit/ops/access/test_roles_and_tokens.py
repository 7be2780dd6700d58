"""Roles are data; a token is shown once and only its hash is kept."""

from __future__ import annotations

import pytest

from ops.access.errors import Unknown
from ops.access.people import local_operator
from ops.access.roles import Role, least_role, may, permissions
from ops.access.tokens import hash_of, holds, new_token, split


def test_the_roles_are_the_file_and_each_has_more_than_the_one_before() -> None:
    found = permissions()
    assert list(found) == list(Role)
    sizes = [len(actions) for actions in found.values()]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize(
    ("action", "role"),
    [
        ("case.list", Role.VIEWER),
        ("case.assign", Role.ON_CALL),
        ("case.resolve", Role.OWNER),
        ("letter.reveal", Role.OWNER),
        ("case.discard", Role.APPROVER),
        ("access.grant", Role.ADMIN),
    ],
)
def test_the_least_role_for_an_action(action: str, role: Role) -> None:
    assert least_role(action) is role
    assert not any(may(lesser, action) for lesser in list(Role)[: list(Role).index(role)])


def test_what_nobody_was_given_nobody_may() -> None:
    assert least_role("case.burn") is None


def test_a_token_proves_itself_and_no_other_does() -> None:
    token, other = new_token(), new_token()
    parts = split(token.text)
    assert parts is not None
    assert parts[0] == token.token_id
    assert holds(parts[1], token.salt, token.hash)
    assert not holds(split(other.text)[1], token.salt, token.hash)  # type: ignore[index]
    assert parts[1].encode() not in token.hash
    assert hash_of(parts[1], other.salt) != token.hash


@pytest.mark.parametrize("text", ["", "mesh", "mesh_a", "mesh__b", "bear_a_b", "mesh_a_b_c"])
def test_what_is_no_token_is_none(text: str) -> None:
    assert split(text) is None


def test_the_operator_needs_no_token_only_on_a_stack_of_this_machine() -> None:
    assert local_operator("127.0.0.1:9092", "ada", "cli").name == "local:ada"
    for elsewhere in ("kafka:9092", "127.0.0.1:9092,kafka:9092", ""):
        with pytest.raises(Unknown):
            local_operator(elsewhere, "ada", "cli")
