from __future__ import annotations

import re
from pathlib import Path

from ops.local import capture
from ops.local.postgres import CRM_FILES
from schemas.topics import CDC, CRM_TABLES

LOGIN = {"hostname": "h", "port": "1", "user": "debezium", "password": "p", "dbname": "crm"}
FOLDER = Path(capture.__file__).parent / "sql"
SQL = "".join((FOLDER / name).read_text() for name in CRM_FILES)


def test_its_topics_are_the_declared_ones() -> None:
    wanted = capture.configuration(LOGIN, "http://r")
    tables = [re.sub(r"\\", "", table) for table in wanted["table.include.list"].split(",")]
    assert {f"{wanted['topic.prefix']}.{table}" for table in tables} == {topic.name for topic in CDC.values()}
    assert {wanted["topic.creation.default.partitions"]} == {str(topic.partitions) for topic in CDC.values()}


def test_key_and_value_travel_in_the_same_format() -> None:
    wanted = capture.configuration(LOGIN, "http://r")
    sides = [{k.split(".", 1)[1]: v for k, v in wanted.items() if k.startswith(f"{s}.conv")} for s in ("key", "value")]
    assert sides[0] == sides[1]
    assert sides[0]["converter.apicurio.registry.use-id"] == "contentId"


def test_every_captured_table_shows_its_whole_row_before_and_may_be_read() -> None:
    for table in CRM_TABLES:
        assert f"alter table {table} replica identity full;" in SQL
        assert re.search(rf"publication meshline\s+(for|add) table[^;]*\b{table}\b", SQL)
        assert re.search(rf"grant select on [^;]*\b{table}\b[^;]* to debezium;", SQL)


def test_balances_are_written_back_and_never_captured() -> None:
    assert "account_balances" not in CRM_TABLES
    assert not re.search(r"create publication[^;]*account_balances", SQL)
