"""What Plotly itself writes in the reader's language: days and months in the hover, the signs of numbers.

Nothing is loaded for it: the few words travel in the chart's `config`.
"""

from __future__ import annotations

from typing import Any

from components.numbers import DAYS, MONTHS, separators
from components.words import SOURCE_LANGUAGE, _, language, mark

DAY_PATTERN = mark("%a %d %b")
"""How Plotly writes a day, in d3's letters: name, number and month."""


def locale_config() -> dict[str, Any]:
    """Return the part of a chart's `config` that speaks the reader's language; nothing for English."""
    code = language()
    return {} if code == SOURCE_LANGUAGE else {"locale": code, "locales": {code: {"format": _format()}}}


def hover_moment(*, seconds: bool = False) -> str:
    """Return how a hover names a moment, in d3's letters.

    >>> hover_moment(), hover_moment(seconds=True)
    ('%a %d %b %H:%M', '%a %d %b %H:%M:%S')
    """
    return f"{_(DAY_PATTERN)} {'%H:%M:%S' if seconds else '%H:%M'}"


def zoomed_ticks() -> str:
    """Return how the ticks of a zoomed chart are written: the day stands under the time.

    >>> zoomed_ticks()
    '%H:%M\\n%a %d %b'
    """
    return f"%H:%M\n{_(DAY_PATTERN)}"


def _format() -> dict[str, Any]:
    """Return days from Sunday on, months, and signs, as plotly.js wants a locale's format."""
    days = [_(day) for day in (DAYS[-1], *DAYS[:-1])]
    months = [_(month) for month in MONTHS]
    decimal, thousands = tuple(separators())
    return {
        "days": days,
        "shortDays": days,
        "months": months,
        "shortMonths": months,
        "date": "%d.%m.%Y",
        "decimal": decimal,
        "thousands": thousands,
        "grouping": [3],
    }
