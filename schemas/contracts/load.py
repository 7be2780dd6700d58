"""Contracts from their files: `<id>.yaml` for contracts, `parts/<id>.yaml` for parts. Faults are findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from schemas.contracts.model import DataContract, FieldTerms, Part

_LARGEST = 1_000_000  # bytes of one file; a contract has a few thousand
_DEEPEST = 20
P = TypeVar("P", bound=Part)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault: the file, the dotted key in it, the rule that it breaks, and what to do in words."""

    file: str
    key: str
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every contract by id, every part by the name of its record, and the file that each id came from."""

    contracts: Mapping[str, DataContract]
    parts: Mapping[str, Part]
    files: Mapping[str, str]

    def of_record(self, record: str) -> DataContract | None:
        """The contract of a record, None where there is none."""
        return next((contract for contract in self.contracts.values() if contract.record == record), None)

    def of_topic(self, topic: str) -> DataContract | None:
        """The contract of a topic, None where there is none."""
        return next((found for found in self.contracts.values() if covers(found, topic)), None)

    def flat(self, part: Part) -> dict[str, FieldTerms]:
        """Every field by its dotted path, those of the records inside it too: `meta.event_id`, `lines.sku`."""
        return dict(self._flat(part, "", 0))

    def flat_pii(self, part: Part) -> dict[str, str]:
        """The kind of personal data by dotted path, that of the records inside it too."""
        return dict(self._pii(part, "", 0))

    def _flat(self, part: Part, path: str, depth: int) -> Iterator[tuple[str, FieldTerms]]:
        for name, terms in part.fields.items():
            yield path + name, terms
            inner = self.parts.get(terms.nested or "")
            if inner is not None and depth < _DEEPEST:
                yield from self._flat(inner, f"{path}{name}.", depth + 1)

    def _pii(self, part: Part, path: str, depth: int) -> Iterator[tuple[str, str]]:
        for name, tag in part.pii.items():
            yield path + name, tag
        for name, terms in part.fields.items():
            inner = self.parts.get(terms.nested or "")
            if inner is not None and depth < _DEEPEST:
                yield from self._pii(inner, f"{path}{name}.", depth + 1)


def covers(contract: DataContract, topic: str) -> bool:
    """Whether the contract names the topic, by its name or by what it begins with."""
    return any(
        topic == name or (name.endswith(".*") and topic.startswith(name[:-1]) and "." not in topic[len(name) - 1 :])
        for name in contract.topics
    )


def read_catalogue(texts: Mapping[str, str]) -> tuple[Catalogue, list[Finding]]:
    """The contracts in the texts, by relative file name (`account.yaml`, `parts/line.yaml`), and what is wrong."""
    findings: list[Finding] = []
    contracts: dict[str, DataContract] = {}
    parts: dict[str, Part] = {}
    names: dict[str, str] = {}
    for file, text in sorted(texts.items()):
        model = Part if file.startswith("parts/") else DataContract
        part = _read(file, text, model, findings)
        if part is None:
            continue
        if part.id in names:
            findings.append(Finding(file, "id", "id_twice", f"{part.id} is the id in {names[part.id]} too"))
            continue
        names[part.id] = file
        if isinstance(part, DataContract):
            contracts[part.id] = part
        elif part.record is not None:
            parts[part.record] = part
    return Catalogue(contracts, parts, names), findings


def _read(file: str, text: str, model: type[P], findings: list[Finding]) -> P | None:
    if len(text) > _LARGEST:
        findings.append(Finding(file, "", "yaml", f"the file is larger than {_LARGEST} characters"))
        return None
    try:
        document = yaml.load(text, Loader=_Loader)
        return model.model_validate(document)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, ValidationError):
            findings += [
                Finding(file, ".".join(map(str, problem["loc"])), "model", problem["msg"]) for problem in error.errors()
            ]
        else:
            findings.append(Finding(file, "", "yaml", " ".join(str(error).split()) or type(error).__name__))
        return None


class _Loader(yaml.SafeLoader):
    """Plain YAML: no aliases (they can blow up), no key twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"aliases are not allowed, as in {parent.start_mark if parent else 'the document'}")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.YAMLError(f"line {key_node.start_mark.line + 1}: the key {key!r} is not a text")
            if key in seen:
                raise yaml.YAMLError(f"line {key_node.start_mark.line + 1}: {key} stands there twice")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def contract_texts(folder: Path | Traversable | None = None) -> dict[str, str]:
    """The files of a folder of contracts, ours where none is given, by relative name."""
    root: Path | Traversable = files("schemas").joinpath("contracts") if folder is None else folder
    found = {entry.name: entry for entry in root.iterdir() if entry.name.endswith(".yaml")}
    parts = root.joinpath("parts")
    if parts.is_dir():
        found |= {f"parts/{entry.name}": entry for entry in parts.iterdir() if entry.name.endswith(".yaml")}
    return {name: entry.read_text("utf-8") for name, entry in found.items()}


@cache
def contracts() -> Catalogue:
    """Our contracts. ValueError where a file is not one; a test holds that this does not happen."""
    catalogue, findings = read_catalogue(contract_texts())
    if findings:
        raise ValueError(f"contracts that cannot be read: {findings[:3]}")
    return catalogue
