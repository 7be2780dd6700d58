"""The pages: a diagram, the decision table, letters with their owners. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ops.flows.model import Flow, Row
from schemas.reasons import Reason, catalogue

_STYLE = """:root { --ink:#1c2430; --dim:#5b6675; --line:#dfe4ea; --paper:#fff; --ground:#f5f7f9; --mark:#0b6e6e;
  --warm:#9a4b00 }
@media (prefers-color-scheme: dark) { :root { --ink:#e6eaf0; --dim:#9aa6b5; --line:#2c3542; --paper:#171d26;
  --ground:#10151c; --mark:#5cc8c2; --warm:#f0a860 } }
* { box-sizing:border-box } body { margin:0; background:var(--ground); color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif }
main { max-width:1000px; margin:0 auto; padding:28px 20px 60px } h1 { font-size:26px; margin:6px 0 2px }
h2 { font-size:18px; margin:34px 0 10px } p.lead { font-size:17px; color:var(--dim); margin:0 0 16px }
a { color:var(--mark) } code { font-family:ui-monospace,Menlo,Consolas,monospace; font-size:13px }
.wide { overflow-x:auto; background:var(--paper); border:1px solid var(--line); border-radius:8px }
table { border-collapse:collapse; width:100% } th, td { text-align:left; vertical-align:top; padding:8px 12px }
th { font-size:12px; color:var(--dim) } td:nth-child(2) { min-width:17em } td:last-child code { overflow-wrap:anywhere }
tbody tr td { border-top:1px solid var(--line) }
svg { display:block; width:100%; min-width:640px; height:auto } svg text { fill:var(--ink); font:13px system-ui }
svg .dim { fill:var(--dim) } svg rect { fill:var(--paper); stroke:var(--line); stroke-width:1.5 }
svg .effect { stroke:var(--mark) } svg .letter { stroke:var(--warm) } svg path { stroke:var(--dim); fill:none }"""
_WORDS = {"effect": "effect", "letter": "dead letter", "hold": "waits for", "skip": "skipped"}
_STEP, _TOP, _LONGEST = 46, 24, 64


def page_texts(flows: Sequence[Flow]) -> dict[str, str]:
    """File name -> HTML: an index and one page per flow."""
    rows = "".join(
        f"<tr><td><a href='{flow.id}.html'>{flow.id}</a></td><td>{escape(flow.title)}</td>"
        f"<td>{escape(flow.trigger)}</td><td>{escape(flow.owner)}</td></tr>"
        for flow in flows
    )
    index = "<h1>Flows</h1><p class='lead'>What triggers what, and who is asked.</p>"
    index += _table("id flow trigger owner", rows)
    return {"index.html": _document("Flows", index)} | {f"{flow.id}.html": _page(flow) for flow in flows}


def _page(flow: Flow) -> str:
    table = "".join(
        f"<tr><td>{number}</td><td>{escape(row.when)}</td><td>{_WORDS[row.kind]} <code>{escape(row.name)}</code></td>"
        f"<td><code>{escape(row.test.partition('::')[2])}</code></td></tr>"
        for number, row in enumerate(flow.rows, 1)
    )
    body = (
        f"<p><a href='index.html'>Flows</a></p><h1>{flow.id}: {escape(flow.title)}</h1>"
        f"<p class='lead'>{escape(flow.trigger)}. Owner: {escape(flow.owner)}.</p>"
        f"<div class='wide'>{_diagram(flow)}</div>"
        f"<h2>Facts used</h2><ul>{''.join(f'<li>{escape(fact)}</li>' for fact in flow.facts)}</ul>"
        f"<h2>Decision table</h2><p>The first row that holds decides. Module <code>{escape(flow.module)}</code>.</p>"
        f"{_table('# when outcome shown_by', table)}"
        f"<h2>Effect</h2><p>{escape(flow.effect)}.</p><h2>Write-back</h2><p>{escape(flow.write_back)}.</p>"
        f"{_letters(flow)}"
    )
    return _document(f"{flow.id}: {flow.title}", body)


def _letters(flow: Flow) -> str:
    names = list(dict.fromkeys(row.name for row in flow.rows if row.kind == "letter"))
    if not names:
        return "<h2>Letters</h2><p>None of its own.</p>"
    rows = ""
    for name in names:
        entry = catalogue()[Reason(name)]
        rows += f"<tr><td><code>{name}</code></td><td>{escape(entry.meaning)}</td><td>{escape(entry.action)}</td>"
        rows += f"<td>{entry.owner}, then {entry.backup}</td></tr>"
    return f"<h2>Letters</h2>{_table('reason meaning what_to_do owner', rows)}"


def _diagram(flow: Flow) -> str:
    """Topics on the left, the module in the middle, an outcome for each row on the right."""
    height = _TOP * 2 + max(len(flow.rows), len(flow.topics)) * _STEP
    middle = height // 2
    parts = [_box(280, middle - 26, 170, 52, "", (flow.module.rpartition(".")[2], "decides"))]
    first = middle - len(flow.topics) * _STEP // 2
    for number, topic in enumerate(flow.topics):
        y = first + number * _STEP
        parts.append(_box(16, y, 200, 34, "", (topic,)))
        parts.append(f"<path d='M216 {y + 17} C250 {y + 17} 250 {middle} 280 {middle}'/>")
    for number, row in enumerate(flow.rows):
        y = _TOP + number * _STEP
        parts.append(f"<path d='M450 {middle} C485 {middle} 485 {y + 19} 520 {y + 19}'/>")
        parts.append(_box(520, y, 440, 38, row.kind, _outcome(row)))
    return f"<svg viewBox='0 0 980 {height}' role='img' aria-label='{escape(flow.title)}'>{''.join(parts)}</svg>"


def _outcome(row: Row) -> tuple[str, ...]:
    return (
        f"{_WORDS[row.kind]} {row.name}",
        row.when if len(row.when) <= _LONGEST else row.when[: _LONGEST - 1] + "…",
    )


def _box(x: int, y: int, width: int, height: int, kind: str, lines: tuple[str, ...]) -> str:
    found = f"<rect class='{kind}' x='{x}' y='{y}' width='{width}' height='{height}' rx='7'/>"
    top = y + height / 2 + 4.5 - 8 * (len(lines) - 1)
    for number, line in enumerate(lines):
        dim = " class='dim'" if number else ""
        found += f"<text{dim} x='{x + 12}' y='{top + 16 * number:g}'>{escape(line)}</text>"
    return found


def _table(head: str, rows: str) -> str:
    names = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in head.split())
    return f"<div class='wide'><table><thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table></div>"


def _document(title: str, body: str) -> str:
    head = (
        "<meta charset='utf-8'><meta name='viewport' content='width=device-width, initial-scale=1'>"
        "<meta name='generator' content='Generated by meshline rules docs'>"
    )
    return (
        f"<!doctype html>\n<html lang='en'><head>{head}<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>{body}</main></body></html>\n"
    )
