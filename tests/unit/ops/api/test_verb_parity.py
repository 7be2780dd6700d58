"""The doors offer the same verbs: the service, the HTTP API and the command line; the roles know each of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer

from ops.access.roles import permissions
from ops.api.app import PREFIX, make_app
from ops.api.openapi import document
from ops.cases.verbs import VERBS, Verb
from ops.cli import build_app
from ops.replay.asks import Selection

#: What a role may do beside the verbs: a part of one (`letter.show --reveal`), and what only the command line can.
BESIDE = {"letter.reveal", "letter.import", "letter.edit_sensitive"}
#: Commands that read files or other topics: they have no operation.
COMMANDS_BESIDE = {"dlq import", "dlq patch check", "audit run"}
COMMANDS_BESIDE |= {f"drift {one}" for one in ("list", "show", "explain", "repair", "top", "notify")}
TABLE = list(VERBS.values())


def commands() -> dict[str, Any]:
    """Every command of these groups by what is typed."""
    root: Any = typer.main.get_command(build_app())
    found = {}
    for name in ("dlq", "case", "audit", "access", "explain", "drift"):
        command = root.commands[name]
        found |= _inside(name, command)
    return found


def _inside(name: str, command: Any) -> dict[str, Any]:
    inner = getattr(command, "commands", None)
    if not inner:
        return {name: command}
    return {typed: one for verb, part in inner.items() for typed, one in _inside(f"{name} {verb}", part).items()}


def test_each_verb_is_a_command_and_each_command_a_verb() -> None:
    assert {verb.command for verb in TABLE} == set(commands()) - COMMANDS_BESIDE


def test_each_verb_is_an_operation_and_each_operation_a_verb() -> None:
    paths = document(TABLE, PREFIX)["paths"]
    operations = {
        one["operationId"]: (method.upper(), path) for path, item in paths.items() for method, one in item.items()
    }
    assert operations == {verb.name: (verb.method, PREFIX + verb.path) for verb in TABLE}
    served = {(route.path, method) for route in make_app(None).routes for method in getattr(route, "methods", ())}  # type: ignore[arg-type]
    assert {(PREFIX + verb.path, verb.method) for verb in TABLE} <= served


def test_each_verb_is_an_action_of_some_role_and_each_action_a_verb() -> None:
    allowed = set().union(*permissions().values())
    assert allowed - BESIDE == set(VERBS)


@pytest.mark.parametrize("verb", TABLE, ids=lambda verb: verb.name)
def test_a_command_can_say_all_that_its_verb_can_be_asked(verb: Verb) -> None:
    renamed = {"any_open": "all", "any_state": "all", "account_id": "account", "decision": "choose", "version": None}
    renamed |= {"ids": "id", "fields": "field", "patch": "file"}
    command = commands()[verb.command]
    options = {option.strip("-").split("/")[0] for one in command.params for option in one.opts}
    options |= {one.name for one in command.params}
    fields = set(verb.ask.model_fields)
    if "selection" in fields:  # its fields are options
        fields = (fields - {"selection"}) | set(Selection.model_fields)
    for field in fields:
        wanted = renamed.get(field, field)
        known = {option.replace("-", "_").rstrip("_") for option in options}
        assert wanted is None or wanted in known or (field == "offset" and verb.name == "letter.list"), field


@pytest.mark.parametrize("verb", TABLE, ids=lambda verb: verb.name)
def test_a_verb_says_what_it_does_and_its_path_names_fields(verb: Verb) -> None:
    assert verb.summary.endswith(".")
    assert set(re.findall(r"{(\w+)}", verb.path)) <= set(verb.ask.model_fields)
    decides = verb.method != "GET" and verb.name not in (
        "case.comment",
        "case.tag",
        "letter.preview",
        "patch.preview",
        "patch.apply",
    )
    assert ("why" in verb.ask.model_fields) == decides, "what is decided has a reason"


def test_the_document_refers_to_nothing_that_is_not_there() -> None:
    whole = document(TABLE, PREFIX)
    assert whole["openapi"].startswith("3.1")
    refs = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(whole)))
    assert refs <= set(whole["components"]["schemas"])
    assert len(refs) > 10
