"""The pages of the topics are what would be generated now, stand alone, and show records that were really decoded."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import fastavro
import pytest

from schemas.contracts import contracts, read_catalogue
from schemas.contracts.load import contract_texts
from schemas.exports.generate import page_texts
from schemas.exports.plain import plain
from schemas.released import newest_schema, released_versions
from schemas.topics import BY_NAME, TOPICS

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "ops" / "docs" / "topics"
NAMES = [f"{topic.name}.html" for topic in TOPICS]
_VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Fails on a tag that is not closed; collects links and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.other += [name for name, _ in attrs if name == "src" or name.startswith("on")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def test_what_is_checked_in_is_what_would_be_generated() -> None:
    generated = page_texts(contracts())
    assert {path.name for path in PAGES.iterdir()} == generated.keys() == {"index.html", *NAMES}
    for name, text in generated.items():
        assert (PAGES / name).read_text("utf-8") == text, "run: meshline schemas docs"


@pytest.mark.parametrize("name", ["index.html", *NAMES])
def test_a_page_is_whole_and_needs_nothing_else(name: str) -> None:
    text = (PAGES / name).read_text("utf-8")
    reader = read(text)
    assert reader.other == []
    assert all((PAGES / link).is_file() for link in reader.links)
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "").replace("HTTP", "")
    if name == "index.html":
        assert set(reader.links) == set(NAMES)


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.record], ids=lambda topic: topic.name)
def test_a_page_tells_its_contract_and_every_field(topic: object) -> None:
    topic = BY_NAME[topic.name]  # type: ignore[attr-defined]
    assert topic.record is not None
    text = (PAGES / f"{topic.name}.html").read_text("utf-8")
    contract = contracts().of_topic(topic.name)
    assert contract is not None
    for word in (contract.owner, contract.backup, contract.sla.sync, contract.partition_key, contract.compatibility):
        assert f"<dd>{word}</dd>" in text or word in unescape(text)
    for path, terms in contracts().flat(contract).items():
        assert f"<code>{path.rpartition('.')[2]}</code>" in text
        assert terms.meaning in unescape(text)
    assert text.count('<span class="tag pii">') == len(contracts().flat_pii(contract))


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic.record], ids=lambda topic: topic.name)
def test_the_example_is_decoded_from_golden_bytes(topic: object) -> None:
    record = BY_NAME[topic.name].record  # type: ignore[attr-defined]
    assert record is not None
    version = released_versions(record)[-1][0]
    with (HERE / "examples" / f"{record.__name__}.v{version}.avro").open("rb") as file:
        decoded = fastavro.schemaless_reader(file, fastavro.parse_schema(newest_schema(record)), None)
    page = (PAGES / f"{topic.name}.html").read_text("utf-8")  # type: ignore[attr-defined]
    shown = re.search(r"<pre>(.*?)</pre>", page, re.DOTALL)
    assert shown is not None
    assert json.loads(unescape(shown[1])) == json.loads(json.dumps(plain(decoded)))
    assert record.model_validate(decoded)


def test_nothing_that_a_contract_says_becomes_markup() -> None:
    evil = '<script>alert("x")</script>'
    texts = contract_texts()
    texts["account.yaml"] = texts["account.yaml"].replace("Web domain of the company", json.dumps(evil))
    catalogue, findings = read_catalogue(texts)
    assert findings == []
    page = page_texts(catalogue)["mesh.crm.account.html"]
    assert "<script" not in page
    read(page)
