"""The OpenAPI 3.1 document, made of the table of verbs and their models. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from ops.access.roles import least_role
from ops.api.problems import ALL
from ops.cases.verbs import Verb

_REF = "#/components/schemas/{model}"


def document(verbs: Iterable[Verb], prefix: str) -> dict[str, Any]:
    """The whole document."""
    table = list(verbs)
    models: list[Any] = [(verb.ask, "validation") for verb in table] + [
        (verb.answer, "serialization") for verb in table
    ]
    refs, shared = models_json_schema(list(dict.fromkeys(models)), ref_template=_REF)
    schemas = dict(shared.get("$defs", {}))
    paths: dict[str, dict[str, Any]] = {}
    for verb in table:
        asked = _resolved(refs[verb.ask, "validation"], schemas)
        answer = refs[verb.answer, "serialization"]
        paths.setdefault(prefix + verb.path, {})[verb.method.lower()] = _operation(verb, asked, answer)
    schemas["Problem"] = _problem()
    return {
        "openapi": "3.1.0",
        "info": {"title": "MeshLine: dead letters and cases", "version": version("meshline")},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(verb: Verb, asked: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    in_path = re.findall(r"{(\w+)}", verb.path)
    fields, needed = asked.get("properties", {}), set(asked.get("required", []))
    parameters = [{"name": name, "in": "path", "required": True, "schema": fields[name]} for name in in_path]
    rest = {name: field for name, field in fields.items() if name not in in_path}
    role = least_role(verb.name)
    operation: dict[str, Any] = {
        "operationId": verb.name,
        "summary": verb.summary.splitlines()[0],
        "description": f"Needs the role {role.value if role else 'nobody'}. As a command: meshline {verb.command}.",
        "tags": [verb.name.partition(".")[0]],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": answer}}},
            **{str(one.status): _refused(one.title) for one in ALL if one.status != 405},
        },
    }
    if verb.method == "POST":
        body = {
            "type": "object",
            "properties": rest,
            "required": sorted(needed - set(in_path)),
            "additionalProperties": False,
        }
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    else:
        parameters += [
            {"name": name, "in": "query", "required": name in needed, "schema": field} for name, field in rest.items()
        ]
    if parameters:
        operation["parameters"] = parameters
    return operation


def _resolved(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    assert isinstance(found, dict)
    return found


def _refused(title: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": title, "content": {"application/problem+json": {"schema": schema}}}


def _problem() -> dict[str, Any]:
    text = {"type": "string"}
    fault = {"type": "object", "properties": {"field": text, "what": text}}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "instance": text,
            "errors": {"type": "array", "items": fault},
        },
    }
