"""`python -m tests.catalogue`: bring the catalogues up to date with the words in the code, and compile them.

The same as `pybabel extract`, `update` and `compile`, without what would differ from run to run (dates, line numbers,
guesses), so that only changed words show up in a diff. It prints what is still without a translation.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "dash_app" / "translations"
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS = {**DEFAULT_KEYWORDS, "mark": None}
HEADER = """# Words of Energy DashBoard; `make translations` brings this file up to date.
msgid ""
msgstr ""
"Project-Id-Version: Energy DashBoard\\n"
"Language: {code}\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def main() -> int:
    """Refresh and compile every catalogue; return 1 when a word has no translation yet."""
    source, missing = extracted(), 0
    for file in catalogue_files():
        catalogue = read(file)
        catalogue.update(source, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        file.write_text(written(catalogue), encoding="utf-8")
        file.with_suffix(".mo").write_bytes(compiled(read(file)))
        for message in untranslated(catalogue):
            missing += 1
            sys.stdout.write(f"{file.relative_to(ROOT)}: no translation for {message.id!r}\n")
    return min(missing, 1)


def catalogue_files() -> list[Path]:
    """Return the catalogue of each language."""
    return sorted(FOLDER.glob("*/LC_MESSAGES/messages.po"))


def extracted() -> Catalog:
    """Return the words that the code marks for translation, as babel.cfg says where."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")  # type: ignore[no-untyped-call]
    catalogue = Catalog()
    for _file, _line, words, _notes, context in extract_from_dir(ROOT, methods, options, keywords=KEYWORDS):
        catalogue.add(words, context=context)
    return catalogue


def read(file: Path) -> Catalog:
    """Return the catalogue of a file."""
    with file.open("rb") as source:
        return read_po(source, locale=file.parents[1].name)


def written(catalogue: Catalog) -> str:
    """Return the text of a catalogue, in the order of its words."""
    text = io.BytesIO()
    write_po(text, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    return HEADER.format(code=catalogue.locale_identifier) + text.getvalue().decode()


def compiled(catalogue: Catalog) -> bytes:
    """Return what gettext reads, the same bytes for the same words: no dates of its own making."""
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    return binary.getvalue()


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return the messages that have a place without a translation."""
    return [message for message in catalogue if message.id and not all(forms(message.string or ""))]


def forms(words: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Return the forms of a message: one, or singular and plural."""
    return (words,) if isinstance(words, str) else tuple(words)


if __name__ == "__main__":
    sys.exit(main())
