"""Every word on screen goes through `_`: the catalogue's translation, in the language of the request.

`_` works without an app or a request as well (planner, background jobs, tests): then the English source text is the
answer. The catalogue is dash_app/translations; `make translations` extracts and compiles it (docs/decisions/0012).
"""

from __future__ import annotations

from babel.support import Translations
from flask import current_app, has_request_context
from flask_babel import get_locale, get_translations

SOURCE_LANGUAGE = "en"
LANGUAGES: dict[str, str] = {SOURCE_LANGUAGE: "English", "de": "Deutsch"}
"""Code -> own name of each language that has a catalogue; English is the source."""

CATALOGUES = "components.words"
"""Where the app keeps the catalogues that it has read."""


def language() -> str:
    """Return the code of the language in which the running request is answered; English outside of requests."""
    if not (has_request_context() and "babel" in current_app.extensions):
        return SOURCE_LANGUAGE
    locale = get_locale()
    return str(locale.language) if locale else SOURCE_LANGUAGE


def _(text: str, **facts: object) -> str:
    """Return the translation of `text`, its `%(name)s` places filled with `facts`.

    >>> _("Showing saved data from %(time)s.", time="13:40")
    'Showing saved data from 13:40.'
    """
    catalogue = _catalogue()
    translated = catalogue.ugettext(text) if catalogue and text else text
    return translated % facts if facts else translated


def inside_sentence(text: str) -> str:
    """Return words as they stand inside a sentence: only their first letter turns small.

    >>> inside_sentence("Lowest CO₂")
    'lowest CO₂'
    """
    return text[:1].lower() + text[1:]


def mark(text: str) -> str:
    """Return `text` unchanged: marks a word of a table for the catalogue; `_` translates it where it is shown."""
    return text


def ngettext(one: str, many: str, num: int, **facts: object) -> str:
    """Return the translation for `num` things; `%(num)d` is always available.

    >>> ngettext("%(num)d project", "%(num)d projects", 3)
    '3 projects'
    """
    catalogue = _catalogue()
    translated = catalogue.ungettext(one, many, num) if catalogue else (one if num == 1 else many)
    return translated % {"num": num, **facts}


def _catalogue() -> Translations | None:
    """Return the catalogue of the request's language, read once for each app; None where English is the answer."""
    code = language()
    if code == SOURCE_LANGUAGE:
        return None
    kept: dict[str, Translations] = current_app.extensions.setdefault(CATALOGUES, {})
    if code not in kept:
        kept[code] = get_translations()
    return kept[code]
