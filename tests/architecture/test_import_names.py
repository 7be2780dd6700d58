"""Our top-level packages have plain names that other distributions have, too. None of those may be installed."""

from __future__ import annotations

from importlib.metadata import packages_distributions

from tests.architecture.tree import PACKAGES


def test_no_other_distribution_owns_our_import_names() -> None:
    owners = packages_distributions()
    foreign = {name: set(owners.get(name, ())) - {"meshline"} for name in PACKAGES}
    assert not {name: who for name, who in foreign.items() if who}
