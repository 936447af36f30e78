"""Every word on screen goes through `_`: the catalogue's translation, in the signed-in person's language.

`_` works without an app or a request as well (tests, background jobs): then the English source text is the answer.
Catalogue: `pybabel extract -F babel.cfg -k mark -o messages.pot .`
"""

from __future__ import annotations

from typing import cast

from flask import current_app, has_app_context
from flask_babel import get_translations

LANGUAGES: dict[str, str] = {"en": "English", "de": "Deutsch"}
"""Code -> the language's own name. The source is English; a catalogue has the others."""


def _(text: str, **facts: object) -> str:
    """Return the translation of `text`, its `%(name)s` places filled with `facts`.

    >>> _("Showing saved data from %(time)s.", time="13:40")
    'Showing saved data from 13:40.'
    """
    translated = cast(str, get_translations().ugettext(text)) if _has_catalogue() else text
    return translated % facts if facts else translated


def mark(text: str) -> str:
    """Return `text` unchanged: marks a word of a table for the catalogue; `_` translates it where it is shown."""
    return text


def ngettext(one: str, many: str, num: int, **facts: object) -> str:
    """Return the translation for `num` things; `%(num)d` is always available.

    >>> ngettext("%(num)d project", "%(num)d projects", 3)
    '3 projects'
    """
    if _has_catalogue():
        translated = cast(str, get_translations().ungettext(one, many, num))
    else:
        translated = one if num == 1 else many
    return translated % {"num": num, **facts}


def _has_catalogue() -> bool:
    return has_app_context() and "babel" in current_app.extensions
