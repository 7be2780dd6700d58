"""The look of the pages: one style sheet, inside each page, so that a page is one file."""

from __future__ import annotations

STYLE = """
:root { --ink:#1c2430; --dim:#5b6675; --line:#dfe4ea; --paper:#fff; --ground:#f5f7f9; --mark:#0b6e6e; --warm:#9a4b00 }
@media (prefers-color-scheme: dark) {
  :root { --ink:#e6eaf0; --dim:#9aa6b5; --line:#2c3542; --paper:#171d26; --ground:#10151c; --mark:#5cc8c2;
    --warm:#f0a860 }
}
* { box-sizing: border-box }
body { margin:0; background:var(--ground); color:var(--ink);
  font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif }
main { max-width:1120px; margin:0 auto; padding:28px 20px 60px }
h1 { font-size:26px; margin:6px 0 2px; overflow-wrap:anywhere }
h1 code { font-size:24px } h2 { font-size:18px; margin:34px 0 10px }
p.lead { font-size:17px; color:var(--dim); margin:0 0 16px } a { color:var(--mark) } nav { font-size:14px }
code, pre { font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace; font-size:13px }
pre { background:var(--paper); border:1px solid var(--line); border-radius:8px; padding:14px; overflow-x:auto }
.wide { overflow-x:auto; background:var(--paper); border:1px solid var(--line); border-radius:8px }
table { border-collapse:collapse; width:100% } th, td { text-align:left; vertical-align:top; padding:7px 12px }
th { font-size:12px; color:var(--dim); font-weight:600 } tr + tr td, tbody tr td { border-top:1px solid var(--line) }
td.name, td.short { white-space:nowrap } td.name code { font-weight:600 }
td.type { white-space:nowrap; color:var(--dim) }
.in1 { padding-left:32px } .in2 { padding-left:52px }
dl { display:grid; grid-template-columns:repeat(auto-fill,minmax(220px,1fr)); margin:0; background:var(--paper);
  border:1px solid var(--line); border-radius:8px; overflow:hidden }
dl div { padding:9px 12px; box-shadow:1px 1px 0 var(--line) } dt { font-size:12px; color:var(--dim) }
dd { margin:0; overflow-wrap:anywhere }
.tag { display:inline-block; border:1px solid var(--line); border-radius:10px; padding:0 8px; font-size:12px;
  color:var(--dim) }
.pii { color:var(--warm); border-color:var(--warm) } .small { font-size:13px; color:var(--dim) }
@media (max-width:720px) {
  main { padding:18px 14px 40px } dl { grid-template-columns:1fr 1fr } dl div { padding:7px 12px }
  thead { display:none } table, tbody, tr, td { display:block }
  tr { padding:8px 12px } tr + tr { border-top:1px solid var(--line) }
  td, td.name, td.type, td.short { padding:1px 0; white-space:normal; overflow-wrap:anywhere }
  tr + tr td, tbody tr td { border-top:0 } td.none { display:none }
  td.type br { display:none } td.type .small::before { content:", " }
  td[data-of]::before { content:attr(data-of) ": "; font-size:13px; color:var(--dim) }
  tr:has(> td.in1) { padding-left:32px } tr:has(> td.in2) { padding-left:52px } td.in1, td.in2 { padding-left:0 }
}
@media print { body { background:#fff } .wide, pre { border-color:#ccc } }
"""
