"""Two pages of topics in a real browser, on a desk and on a phone: all of it is there, and nothing hangs out."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from typing import Any

import pytest

from tests.stack import ROOT

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PAGES = ("index.html", "mesh.crm.opportunity.html")
DESK, PHONE = 1280, 390

#: Opens each page in a frame of each width and writes down what a reader would see.
PROBE = """<!doctype html><body><script>
const found = []; let left = PAGES.length * WIDTHS.length;
for (const width of WIDTHS) for (const page of PAGES) {
  const frame = document.createElement('iframe');
  Object.assign(frame, {width, height: 800}); frame.style = 'border:0';
  frame.onload = () => {
    const inside = frame.contentDocument, seen = e => e.getClientRects().length > 0;
    found.push({page, width, wide: inside.documentElement.scrollWidth,
      cut: [...inside.querySelectorAll('td, dd, h1, p')].filter(e => seen(e) &&
        (e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > width)).map(e => e.textContent),
      heading: parseFloat(inside.defaultView.getComputedStyle(inside.querySelector('h1 code, h1')).fontSize),
      columns: seen(inside.querySelector('thead')), rows: [...inside.querySelectorAll('tbody tr')].filter(seen).length,
      tallest: Math.max(...[...inside.querySelectorAll('tbody tr')].map(e => e.offsetHeight)),
      links: [...inside.querySelectorAll('a')].map(e => e.getAttribute('href'))});
    if (--left === 0) document.body.innerHTML = '<pre>' + JSON.stringify(found).replace(/</g, '&lt;') + '</pre>';
  };
  frame.src = page; document.body.append(frame);
}
</script></body>"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], dict[str, Any]]:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        pytest.skip(f"no browser here: none of {', '.join(BROWSERS)} is on the PATH")
    folder = tmp_path_factory.mktemp("pages")
    for page in PAGES:
        shutil.copy(ROOT / "ops" / "docs" / "topics" / page, folder / page)
    probe = PROBE.replace("PAGES", json.dumps(PAGES)).replace("WIDTHS", json.dumps([DESK, PHONE]))
    (folder / "probe.html").write_text(probe, "utf-8")
    argv = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    argv += [f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=20000", "--dump-dom"]
    ran = subprocess.run(
        [*argv, (folder / "probe.html").as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    told = re.search(r"<pre>(.*)</pre>", ran.stdout, re.DOTALL)
    assert told is not None, ran.stdout[-500:]
    return {(one["page"], one["width"]): one for one in json.loads(unescape(told[1]))}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("width", [DESK, PHONE])
def test_nothing_hangs_out_or_is_cut_off(seen: dict[tuple[str, int], dict[str, Any]], page: str, width: int) -> None:
    one = seen[page, width]
    assert one["wide"] <= width
    assert one["cut"] == []
    assert one["heading"] >= 20, "the name of the page is its largest text"
    assert one["columns"] is (width == DESK), "on a phone each row is a card, and each cell names its column"
    assert one["rows"] > 20
    assert one["tallest"] < 320


def test_each_topic_is_linked_and_each_page_leads_back(seen: dict[tuple[str, int], dict[str, Any]]) -> None:
    links = seen["index.html", PHONE]["links"]
    assert set(links) == {path.name for path in (ROOT / "ops/docs/topics").glob("*.html")} - {"index.html"}
    assert seen["mesh.crm.opportunity.html", PHONE]["links"] == ["index.html"]
