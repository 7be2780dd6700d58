"""The page of damages shows what the tests try; run as a script (with PYTHONPATH=.) this writes it anew."""

from __future__ import annotations

from pathlib import Path

from tests.integration.damages import EVERY, Damage

PAGE = Path(__file__).parents[4] / "ops" / "docs" / "damage.md"
BEGIN, END = "<!-- damages:begin -->\n", "<!-- damages:end -->"
_ACTS = {
    "erp": "repair writes the ERP",
    "crm": "repair writes the CRM",
    "people": "people",
    "nobody": "nobody: it is no drift",
}


def row(place: str, name: str, damage: Damage) -> str:
    """One kind of damage as a line of the table."""
    fields, money = ", ".join(damage.fields) or "-", f"{damage.money} EUR" if damage.money else "-"
    kind = damage.kind or "within tolerance, or nothing"
    return f"| {place} | {name} | {damage.pair} | {kind} | {fields} | {money} | {_ACTS[damage.acts]} |"


def table() -> str:
    """Every kind of damage, by place."""
    head = "| where | what was done | pair | drift | fields | money | put right by |\n|" + " --- |" * 7
    rows = [row(place, name, damage) for place, table in EVERY.items() for name, damage in table.items()]
    return "\n".join([head, *rows, ""])


def written(page: str) -> str:
    """The page with the table as it is."""
    return page.partition(BEGIN)[0] + BEGIN + table() + END + page.partition(END)[2]


def test_the_page_shows_every_kind_of_damage() -> None:
    page = PAGE.read_text("utf-8")
    assert page == written(page)
    assert sum(len(table) for table in EVERY.values()) > 40


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
