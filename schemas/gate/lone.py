"""What can be said of one schema alone, whatever was released before."""

from __future__ import annotations

from schemas.gate.compare import Remark
from schemas.gate.defaults import default_problem
from schemas.gate.model import MISSING, Schema, Type


def endless(schema: Schema) -> list[Type]:
    """Records of which no finite value exists, though the schema itself is valid Avro."""
    records = [type_ for type_ in schema.named.values() if type_.kind == "record"]
    ending: set[int] = set()  # ids of records that have an end

    def ends(type_: Type) -> bool:
        if type_.kind == "union":
            return any(map(ends, type_.branches))
        return type_.kind != "record" or id(type_) in ending

    left = records
    while True:
        still = [record for record in left if not all(ends(field.type) for field in record.fields.values())]
        if len(still) == len(left):
            return still
        ending |= {id(record) for record in left} - {id(record) for record in still}
        left = still


def alone(schema: Schema) -> list[Remark]:
    """What readers would ignore or refuse in the schema."""
    remarks = [
        Remark("ML014", type_.pointer, f"{type_} is read without its logical type: {type_.ignored}")
        for type_ in schema.types
        if type_.ignored
    ]
    for record in endless(schema):
        message = (
            f"every {record.simple} holds another one without an end, so none can be written: allow null, or a list"
        )
        remarks.append(Remark("ML061", record.pointer, message))
    for record in schema.named.values():
        for field in record.fields.values():
            branches = field.type.branches
            if branches and field.default is not MISSING and default_problem(branches[0], field.default):
                message = f'the default of "{field.name}" in {record.simple} is no {branches[0]}, the first branch'
                remarks.append(Remark("ML007", f"{field.pointer}/default", message, field.name))
    return remarks
