"""What can be said of one schema alone, whatever was released before."""

from __future__ import annotations

from schemas.gate.compare import Remark
from schemas.gate.defaults import default_problem
from schemas.gate.model import MISSING, Schema


def alone(schema: Schema) -> list[Remark]:
    """What readers would ignore or refuse in the schema."""
    remarks = [
        Remark("ML014", type_.pointer, f"{type_} is read without its logical type: {type_.ignored}")
        for type_ in schema.types
        if type_.ignored
    ]
    for record in schema.named.values():
        for field in record.fields.values():
            branches = field.type.branches
            if branches and field.default is not MISSING and default_problem(branches[0], field.default):
                message = f'the default of "{field.name}" in {record.simple} is no {branches[0]}, the first branch'
                remarks.append(Remark("ML007", f"{field.pointer}/default", message, field.name))
    return remarks
