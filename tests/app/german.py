"""What is still English on a German page: texts that are words of the catalogue, or fit one with its facts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.catalogue import FOLDER, forms, read

PLACE = re.compile(r"%\((\w+)\)[sd]")
LETTERS = re.compile(r"[A-Za-z]{3,}")


class English:
    """Finds English among the texts of a German page."""

    def __init__(self) -> None:
        messages = [one for one in read(FOLDER / "de" / "LC_MESSAGES" / "messages.po") if one.id]
        german = [form for one in messages for form in forms(one.string or "")]
        self._words = {
            text
            for one in messages
            for text, said in zip(forms(one.id), forms(one.string or ""), strict=True)
            if said != text and LETTERS.search(text)
        } - set(german)
        self._german = re.compile("|".join(f"(?:{_pattern(text)})" for text in german if _tells(text)), re.DOTALL)
        self._filled = [re.compile(_pattern(text), re.DOTALL) for text in self._words if _tells(text)]

    def among(self, texts: Iterable[str]) -> list[str]:
        """Return the texts that are English."""
        return sorted({text for text in map(str.strip, texts) if self._is_english(text)})

    def _is_english(self, text: str) -> bool:
        if text in self._words:
            return True
        return any(pattern.fullmatch(text) for pattern in self._filled) and not self._german.fullmatch(text)


def _tells(text: str) -> bool:
    """Return whether a text with places says enough without its facts to be recognised."""
    return bool(PLACE.search(text)) and len(LETTERS.findall(PLACE.sub(" ", text))) >= 2


def _pattern(text: str) -> str:
    return PLACE.sub(".+", re.escape(text).replace(r"%\(", "%(").replace(r"\)s", ")s").replace(r"\)d", ")d"))
