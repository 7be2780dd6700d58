"""Records made of the examples in the contracts: what a reader of the pages sees."""

from __future__ import annotations

from typing import Any

from schemas import records
from schemas.contracts.example import example_of


def sample(model: type[Any]) -> Any:
    """The example record of a model, as an instance."""
    assert getattr(records, model.__name__) is model
    return model.model_validate(example_of(model.__name__))
