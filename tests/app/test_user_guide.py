"""The user guide tells of every page, and leads nowhere that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from components.shell import BRAND
from dash_app.app import PAGES
from dash_app.navigation import ENTRIES
from tests.screenshots import LOOKS, pages

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = sorted((DOCS / "user-guide").glob("*.md"))
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")


def test_every_page_has_its_section_with_its_name_address_and_picture() -> None:
    text = (DOCS / "user-guide" / "pages.md").read_text()
    titles = {place.path: place.label for place in ENTRIES}
    missing = [page.PATH for page in PAGES if f"`{page.PATH.replace('<project_id>', '<project>')}`" not in text]
    assert missing == []
    assert [titles[page.PATH] for page in PAGES if titles.get(page.PATH, BRAND) not in text] == []
    assert [name for name in pages() if f"../screenshots/{name}-light.png" not in text] == []


def test_every_link_leads_to_a_file_or_to_a_picture_that_is_made() -> None:
    made = {f"{name}-{look}.png" for name in ["login", *pages()] for look in LOOKS} | {f"{look}.png" for look in LOOKS}
    broken = [
        (file.name, target)
        for file in GUIDE
        for target in LINK.findall(file.read_text())
        if Path(target).name not in made and not (file.parent / target).exists()
    ]
    assert broken == []


def test_the_guide_starts_from_its_list() -> None:
    start = (DOCS / "user-guide" / "README.md").read_text()
    assert [file.name for file in GUIDE if file.name != "README.md" and f"({file.name})" not in start] == []


def test_the_glossary_is_sorted_and_speaks_both_languages() -> None:
    rows = [line.split("|") for line in (DOCS / "glossary.md").read_text().splitlines() if line.startswith("| ")][1:]
    words = [row[1].strip().lower() for row in rows]
    assert words == sorted(words)
    assert [row for row in rows if len(row) != 5 or not all(cell.strip() for cell in row[1:4])] == []
