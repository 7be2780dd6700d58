"""A pytest plugin for runs on mutants: a failing example is enough, the smallest one is of no use there."""

from __future__ import annotations

from hypothesis import Phase, settings

settings.register_profile("mutants", phases=[Phase.explicit, Phase.generate], database=None, deadline=None)
settings.load_profile("mutants")
