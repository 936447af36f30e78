"""The words of the range bar: names of ranges and comparisons, and what an address could not say."""

from __future__ import annotations

from datetime import timedelta

from components.numbers import duration, step_words
from components.words import _
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.domain.view import ROLLING, Compare, Fallback, Problem, Range


def fallback_words(fallback: Fallback) -> str:
    """Say which value of the address was not used, why, and what is shown instead.

    >>> fallback_words(Fallback(parameter="range", given="eon", used="48h", problem=Problem.UNKNOWN))
    '“eon” is not a range we know. Showing 48\\xa0h.'
    """
    used = _used(fallback)
    return _reason(fallback) + (" " + _("Showing %(used)s.", used=used) if used else "")


def _reason(fallback: Fallback) -> str:
    given = fallback.given
    match fallback.problem:
        case Problem.UNKNOWN if fallback.parameter == "resolution":
            return _("“%(given)s” is not a resolution we know.", given=given)
        case Problem.UNKNOWN if fallback.parameter == "compare":
            return _("“%(given)s” is not a comparison we know.", given=given)
        case Problem.UNKNOWN:
            return _("“%(given)s” is not a range we know.", given=given)
        case Problem.NOT_A_DATE:
            return _("“%(given)s” is not a date.", given=given)
        case Problem.IN_THE_FUTURE:
            return _("%(given)s lies in the future.", given=given)
        case Problem.TOO_LONG_AGO:
            return _("%(given)s is more than two years ago.", given=given)
        case Problem.TO_BEFORE_FROM:
            return _("The range ends on %(given)s, before it begins.", given=given)
        case Problem.FINER_THAN_NATIVE:
            return _("Nothing here is measured every %(given)s min.", given=given)
        case Problem.SHORTER_THAN_NATIVE:
            return _("Nothing here is measured so often that “%(given)s” would show it.", given=given)
        case Problem.LONGER_THAN_RANGE:
            return _("Steps of %(given)s min are longer than the range.", given=given)
        case Problem.REPEATED:
            return _(
                "“%(name)s” stands in the address more than once: %(given)s.", name=fallback.parameter, given=given
            )


def _used(fallback: Fallback) -> str:
    if fallback.parameter == "resolution" and fallback.used.isdigit():
        return step_words(timedelta(minutes=int(fallback.used)))
    names = {kind.value: name for kind, name in (range_names() | recent_names()).items()}
    return names.get(fallback.used, fallback.used)


def recent_names() -> dict[Range, str]:
    """Return the names of the ranges that end now.

    >>> recent_names()[Range.LAST_3_H]
    'Last 3\\xa0h'
    """
    return {kind: _("Last %(length)s", length=duration(length)) for kind, length in ROLLING.items()}


def compare_names() -> dict[Compare, str]:
    """Return the names of the periods that one can compare with."""
    return {Compare.PREVIOUS: _("Previous period"), Compare.YEAR: _("Last year")}


def range_names() -> dict[Range, str]:
    return {
        Range.TWO_DAYS: f"48{NO_BREAK_SPACE}h",
        Range.DAY: _("Day"),
        Range.WEEK: _("Week"),
        Range.MONTH: _("Month"),
        Range.YEAR: _("Year"),
        Range.CUSTOM: _("Custom"),
    }
