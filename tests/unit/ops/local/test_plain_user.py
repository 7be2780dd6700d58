from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ops.local.errors import NoPlainUser
from ops.local.plain_user import footing


def test_an_ordinary_user_needs_nothing(tmp_path: Path) -> None:
    found = footing(tmp_path / "bin", tmp_path / "data", euid=1000, tries=lambda _: False)
    assert (tuple(found.prefix), found.data, found.owner) == ((), tmp_path / "data", None)


def test_root_takes_a_user_namespace_where_it_can(tmp_path: Path) -> None:
    found = footing(tmp_path / "bin", tmp_path / "data", euid=0, tries=lambda argv: argv[0] == "unshare")
    assert found.prefix[0] == "unshare"
    assert found.data == tmp_path / "data"


def test_without_namespaces_root_becomes_nobody_in_a_place_nobody_can_reach(tmp_path: Path) -> None:
    asked: list[Sequence[str]] = []

    def tries(argv: Sequence[str]) -> bool:
        asked.append(argv)
        return argv[0] == "setpriv"

    found = footing(tmp_path / "bin", tmp_path / "data", euid=0, tries=tries)
    assert found.prefix[0] == "setpriv"
    assert found.owner is not None
    assert not found.data.is_relative_to(tmp_path)
    other = footing(tmp_path / "bin", tmp_path / "other", euid=0, tries=tries)
    assert other.data != found.data  # two stacks never share one


def test_with_neither_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoPlainUser):
        footing(tmp_path / "bin", tmp_path / "data", euid=0, tries=lambda _: False)
