"""Mutants of the layer: all apply to it as it is, and the tests of the layer are judges that can be trusted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ops.chaos.delivery.crash_points import POINTS
from ops.chaos.delivery.errors import MutantDoesNotApply
from ops.chaos.delivery.mutants.catalogue import MUTANTS
from ops.chaos.delivery.mutants.copy import ORIGINAL, check_all, layer_with, mutate
from ops.chaos.delivery.mutants.mutant import Mutant
from ops.chaos.delivery.mutants.suite import TESTS, examine

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}
QUICK = {"watermark-takes-the-maximum": "test_watermark.py"}


def test_there_are_enough_and_each_has_a_name_and_a_reason() -> None:
    assert len(BY_NAME) == len(MUTANTS) >= 20
    assert all(mutant.why and mutant.old != mutant.new for mutant in MUTANTS)
    assert len([mutant for mutant in MUTANTS if mutant.crash]) >= 5
    assert {mutant.crash for mutant in MUTANTS} <= {"", *(point.name for point in POINTS)}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_it_applies_to_the_layer_as_it_is(mutant: Mutant) -> None:
    """When the layer's text changed: bring the mutant's text up to date in ops/chaos/delivery/mutants."""
    check_all((mutant,))


@pytest.mark.parametrize("old", ["not there at all", "import"])
def test_one_whose_text_is_not_there_once_is_an_error(old: str) -> None:
    with pytest.raises(MutantDoesNotApply, match="bring it up to date"):
        mutate("import a\nimport b\n", Mutant("m", "why", "batch.py", old, "new"))


def test_a_mutant_lives_in_a_copy_that_comes_first() -> None:
    mutant = BY_NAME["watermark-one-further"]
    before = (ORIGINAL / "transport" / mutant.file).read_bytes()
    with layer_with(mutant) as layer:
        code = "import streams.transport.watermark as w; print(w.__file__)"
        done = subprocess.run(
            [sys.executable, "-P", "-c", code],
            env={"PYTHONPATH": str(layer)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert Path(done.stdout.strip()).is_relative_to(layer)
        assert mutant.new in (layer / "streams" / "transport" / mutant.file).read_text("utf-8")
    assert (ORIGINAL / "transport" / mutant.file).read_bytes() == before
    assert not layer.exists()


@pytest.mark.parametrize("name", sorted(QUICK))
def test_the_layers_tests_catch_it(name: str) -> None:
    with layer_with(BY_NAME[name]) as layer:
        answer = examine(layer, [TESTS / QUICK[name]])
    assert answer.caught
    assert answer.by.startswith(QUICK[name])


def test_the_layer_as_it_is_passes_them() -> None:
    with layer_with(None) as layer:
        assert examine(layer, [TESTS / "test_watermark.py"]) == (False, "")
