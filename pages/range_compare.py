"""The comparison of a page over a range: the page's own load and drawing, once more for the other period.

Every chart with a measured line gets that of the other period in grey, every key figure what it was then. A page has
nothing to do for it. What cannot be compared is said above the cards, with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Generic

import structlog

from components.compared import with_other_figures, with_other_period
from components.numbers import moment_words, period_words
from components.outage import OUTAGES
from components.range_words import compare_names
from components.states import notes
from components.words import _
from dash_app.domain.comparison import Compared, compared_to, laid_over, too_long_ago, view_before
from dash_app.domain.view import View
from pages.range_page import Loaded, RangePage, Width, drawn_safely

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Before(Generic[Loaded]):
    """What was loaded of the other period: the whole of it, and up to where the present one is."""

    compared: Compared
    whole: Loaded
    over: Loaded


def with_comparison(
    page: RangePage[Loaded], filled: dict[str, Any], loaded: Loaded, load: Callable[[View], Loaded]
) -> dict[str, Any]:
    """Return what fills the page, with the other period where the view asks for one; `load` loads another view."""
    view = loaded.view
    compared = compared_to(view, loaded.window.data_until)
    if compared is None:
        return filled
    if too_long_ago(view, compared):
        return _with_note(filled, _("Nothing to compare with: nothing is kept of %(p)s.", p=period_of(compared, view)))
    try:
        whole = load(view_before(view, compared, whole=True))
    except OUTAGES as fault:
        log.warning("no comparison", page=page.key, reason=str(fault))
        return _with_note(filled, _("The other period cannot be loaded now, so nothing is compared."))
    if not any(series.notna().any() for series in whole.window.series.values()):
        words = _("Nothing to compare with: nothing was measured in %(p)s.", p=period_of(compared, view))
        return _with_note(filled, words)
    over = replace(whole, view=view_before(view, compared, whole=False))
    before = Before(compared=compared, whole=whole, over=over)
    return {**filled, "charts": _charts(page, filled["charts"], view, before), "slots": _slots(page, filled, before)}


def period_of(compared: Compared, view: View) -> str:
    """Return the other period in words."""
    if view.rolling:
        return moment_words(compared.start, view.zone) + " – " + moment_words(compared.end, view.zone)
    return period_words(compared.first, compared.last)


def _charts(
    page: RangePage[Loaded], charts: dict[str, Any], view: View, before: Before[Loaded]
) -> dict[str, dict[str, Any]]:
    name = f"{compare_names()[before.compared.compare]} ({period_of(before.compared, view)})"
    places = partial(laid_over, before.compared, view)
    done = dict(charts)
    for chart in page.charts:
        there = charts[chart.key]
        other = drawn_safely(chart.draw, before.whole)
        if isinstance(there.get("drawn"), dict) and isinstance(other, dict) and isinstance(other.get("drawn"), dict):
            both = drawn_safely(partial(with_other_period, there, other, places=places, name=name))
            done[chart.key] = both if isinstance(both, dict) else there
    return done


def _slots(page: RangePage[Loaded], filled: dict[str, Any], before: Before[Loaded]) -> dict[str, Any]:
    done = dict(filled["slots"])
    for slot in page.slots:
        cards = done[slot.key]
        if slot.draw is None or slot.width is not Width.KPIS or not isinstance(cards, list):
            continue
        other = drawn_safely(slot.draw, before.over)
        if isinstance(other, list):
            done[slot.key] = drawn_safely(with_other_figures, cards, other, before.compared.compare)
    return done


def _with_note(filled: dict[str, Any], words: str) -> dict[str, Any]:
    return {**filled, "banner": [*filled["banner"], notes([words])]}
