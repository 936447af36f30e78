"""How good the forecasts were: the key figures, the errors by lead time and by hour, how often the band held."""

from __future__ import annotations

from typing import Any

from dash import html

from components.cards import Figure, card, kpi_row
from components.forecast_errors import ErrorBar, error_bars_figure, error_chips
from components.graph import drawn
from components.numbers import money, number, percent, step_words, with_unit
from components.states import empty
from components.tables import table
from components.words import _
from dash_app.domain.forecast_scores import (
    Calibration,
    Score,
    calibration,
    lead_bucket,
    score,
    scores_by_hour,
    scores_by_lead,
)
from dash_app.domain.site import Quantity
from dash_app.workflows.forecast_page import ForecastPage
from pages.forecast_words import lead_names, skill_words

HEIGHT, PHONE_HEIGHT = 220, 190
NUMBERS = frozenset(range(1, 5))
FEW = 30
"""Below so many steps a figure says little, and the page says so."""


def key_figures(page: ForecastPage) -> list[Any] | None:
    """Return the key figures over all lead times; None hides them where nothing is forecast."""
    if page.newest is None:
        return None
    found = score(page.seen)
    return kpi_row([_error(page, found), _skill(page, found), _held(page), _cost(page)])


def lead_view(page: ForecastPage) -> dict[str, Any] | None:
    """Return what the chart of errors by lead time is filled with; None hides it where nothing is scored."""
    if page.rows.empty:
        return None
    scores = scores_by_lead(page.rows)
    bars = [_bar(name, name, found) for name, found in zip(lead_names(), scores, strict=True)]
    return _bars_view(bars, _worst_words(bars), every=1, phone_every=1)


def hour_view(page: ForecastPage) -> dict[str, Any] | None:
    """Return what the chart of errors by hour of the day is filled with; None hides it where nothing is scored."""
    if page.rows.empty:
        return None
    scores = scores_by_hour(page.rows, page.view.zone)
    names = [f"{hour:02d}:00–{(hour + 1) % 24:02d}:00" for hour in range(24)]
    bars = [_bar(f"{hour:02d}", names[hour], found) for hour, found in enumerate(scores)]
    return _bars_view(bars, _worst_words(bars), every=3, phone_every=6)


def band_card(page: ForecastPage) -> html.Section | None:
    """Return how often the band held, by lead time; None where nothing is forecast."""
    if page.newest is None:
        return None
    title, whole = _("How often the band held"), calibration(page.rows)
    if whole is None:
        return card(title, empty(_("Nothing to compare yet: no forecast step of this range is over.")))
    buckets = lead_bucket(page.rows)
    found = [calibration(page.rows[buckets == bucket]) for bucket in range(len(lead_names()))]
    named = list(zip(lead_names(), found, strict=True))
    rows = [_band_row(name, one) for name, one in [(_("All lead times"), whole), *named] if one is not None]
    head = [_("Lead time"), _("Below it"), _("Within it"), _("Above it"), _("Steps")]
    body = table(title, head, rows, numbers=NUMBERS)
    return card(title, body, meta=_scope(page), caption=_band_words(whole))


def _error(page: ForecastPage, found: Score | None) -> Figure:
    context = _("no step is over yet")
    if found is not None:
        share = found.mae_kw / found.measured_kw if found.measured_kw > 0 else None
        context = _("%(share)s of the mean, %(count)s steps", share=percent(share), count=number(found.count, 0))
    if found is not None and found.count < FEW:
        context = _("%(count)s steps only: they say little", count=number(found.count, 0))
    return Figure(
        key="error",
        label=_("Mean error"),
        text=number(found.mae_kw if found else None),
        unit="kW",
        context=context,
        value=found.mae_kw if found else None,
        formula=_("Mean of |forecast - measured| over every step of every forecast that is over.") + _daylight(page),
    )


def _skill(page: ForecastPage, found: Score | None) -> Figure:
    skill = found.skill if found else None
    context = _("nothing to compare with yet") if page.whole else _("reading the days before")
    if found is not None and found.day_mae_kw is not None:
        context = _("persistence: off by %(kw)s", kw=with_unit(found.day_mae_kw, "kW"))
    if found is not None and found.week_skill is not None and page.choice.quantity is Quantity.LOAD_KW:
        context = _("%(change)s than a week before", change=skill_words(found.week_skill))
    return Figure(
        key="skill",
        label=_("Skill against persistence"),
        text=percent(skill),
        unit="",
        context=context,
        value=skill,
        formula=_(
            "1 - our mean error / that of persistence, over the same steps. Persistence says what was measured at the "
            "same time on the newest day that was known when the forecast was made."
        ),
    )


def _held(page: ForecastPage) -> Figure:
    found = calibration(page.seen)
    context = _("should be 80 %")
    if found is not None:
        context = _("below %(low)s, above %(high)s", low=percent(found.below), high=percent(found.above))
    return Figure(
        key="held",
        label=_("80 % band held"),
        text=percent(found.held if found else None),
        unit="",
        context=context,
        value=found.held if found else None,
        formula=_("The share of the steps whose measured mean lay between P10 and P90. Right is 80 %.")
        + _daylight(page),
    )


def _cost(page: ForecastPage) -> Figure:
    found = page.cost_of_newest()
    per_day = found.per_day if found else None
    currency = page.place.site.currency if page.place.site else ""
    context = _("a day at most, newest forecasts")
    if per_day is None:
        context = _("no step is over yet") if page.seen.empty else _("no price is known for these steps")
    return Figure(
        key="cost",
        label=_("Cost of the error"),
        text=money(per_day, currency) if per_day is not None else number(None),
        unit="",
        context=context,
        value=per_day,
        formula=_(
            "Sum of |forecast - measured| in kWh x (import price - export price) of its step, for a day. Foreseen "
            "right, a kWh is worth at least the one and at most the other price: a perfect forecast saves no more."
        ),
    )


def _bar(label: str, name: str, found: Score | None) -> ErrorBar:
    if found is None:
        return ErrorBar(label=label, name=name, error_kw=None, reference_kw=None, count=0)
    return ErrorBar(label=label, name=name, error_kw=found.mae_kw, reference_kw=found.day_mae_kw, count=found.count)


def _bars_view(bars: list[ErrorBar], caption: str, *, every: int, phone_every: int) -> dict[str, Any]:
    figure = error_bars_figure(bars, every=every, phone_every=phone_every)
    return {
        "drawn": drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": _("Mean error, kW; the tick is persistence"),
        "legend": error_chips(),
        "caption": caption,
    }


def _worst_words(bars: list[ErrorBar]) -> str:
    known = [(bar.error_kw, bar.name) for bar in bars if bar.error_kw is not None]
    (best, best_name), (worst, worst_name) = min(known), max(known)
    facts = {"best": with_unit(best, "kW"), "best_name": best_name, "worst": with_unit(worst, "kW")}
    return _("Smallest %(best)s (%(best_name)s), largest %(worst)s (%(worst_name)s).", **facts, worst_name=worst_name)


def _band_row(name: str, found: Calibration) -> list[Any]:
    shares = [percent(share) for share in (found.below, found.held, found.above)]
    return [name, *shares, number(found.count, 0)]


def _band_words(whole: Calibration) -> str:
    facts = {"held": percent(whole.held), "under": percent(whole.under_median)}
    words = _(
        "Right would be 10, 80 and 10 %%. The band held %(held)s; below the forecast itself lay %(under)s.", **facts
    )
    if whole.count < FEW:
        words += " " + _("Fewer than %(few)d steps say little.", few=FEW)
    return words


def _scope(page: ForecastPage) -> str:
    if page.every:
        return _("One forecast in each %(every)s", every=step_words(page.every)) + _daylight(page, ", ")
    return _("Every forecast of the range") + _daylight(page, ", ")


def _daylight(page: ForecastPage, before: str = " ") -> str:
    if page.choice.quantity is not Quantity.PV_KW:
        return ""
    return before + (_("in daylight only") if before == ", " else _("PV is scored in daylight only."))
