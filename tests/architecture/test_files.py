"""Files stay small and well named, and nothing in them points at one machine or one registry."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.architecture.tree import PACKAGES, python_files, shipped_files, short

LONGEST = 250
VAGUE = {"utils", "common", "helpers", "base", "manager"}
#: Put together here, so that this file does not name them.
HOSTS = ["/wo" + "rk/", "/ro" + "ot/", "pypi" + ".org", "files.python" + "hosted", "repo1" + ".maven"]


def test_no_file_is_longer_than_fits_in_a_head() -> None:
    lengths = {short(path): len(path.read_text("utf-8").splitlines()) for path in python_files(*PACKAGES, "tests")}
    assert len(lengths) > 100
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST} == {}


def test_test_files_have_names_of_their_own() -> None:
    """Two of one name in folders that are no packages cannot be collected in one run."""
    names = Counter(path.name for path in python_files("tests") if path.name.startswith("test_"))
    assert [name for name, times in names.items() if times > 1] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [path for path in python_files(*PACKAGES, "tests") if VAGUE & {path.stem, *path.parent.parts[-1:]}]
    assert [short(path) for path in named] == []


@pytest.mark.parametrize("place", HOSTS)
def test_no_shipped_file_names_a_machine_or_a_registry(place: str) -> None:
    files = shipped_files()
    assert len(files) > 100
    assert [short(path) for path in files if place.encode() in path.read_bytes()] == []
