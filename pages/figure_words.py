"""Key figures of a demand in words, for the pages that show them: numbers with their period, and how each is made."""

from __future__ import annotations

from datetime import timedelta

from components.cards import Figure
from components.numbers import (
    NO_VALUE,
    clock_time,
    moment_words,
    money,
    number,
    percent,
    period_words,
    step_words,
    with_unit,
)
from components.states import stale_words
from components.words import _, ngettext
from dash_app.domain.energy_cost import EnergyCost
from dash_app.domain.kpi import Coverage, Kpis
from dash_app.domain.site import Quantity
from dash_app.workflows.measured import Measured
from dash_app.workflows.worth import ALL_UP_TO, Worth

LATE_STEPS = 2
WHOLE_FROM = 1000.0
"""From this amount on, cents say nothing and take the room of the number."""


def load_figures(measured: Measured) -> list[Figure]:
    """Return current, total and peak of the demand."""
    figures = measured.kpis(Quantity.LOAD_KW)
    return [_current(measured, figures), _total(measured, figures), _peak(measured, figures)]


def cost_figure(measured: Measured, cost: EnergyCost | None, worth: Worth | None) -> Figure:
    """Return what the view cost at the connection; marked when hours lack a price or a power."""
    text, context, value = NO_VALUE, why_no_cost(measured, worth), None
    currency = worth.currency if worth else ""
    if cost is not None and cost.cost_known:
        value = cost.cost
        text = money(value, currency, 2 if abs(value) < WHOLE_FROM else 0)
        text = text if cost.cost_complete else f"≥ {text}"
        context = _cost_context(measured, cost)
    return Figure(
        key="cost",
        label=_("Cost"),
        text=text,
        unit="",
        context=context,
        value=value,
        formula=_(
            "Imported energy × import price − exported energy × export price, step by step with the price that was "
            "published for each step. Steps without a price or a value are left out and counted."
        ),
    )


def why_no_cost(measured: Measured, worth: Worth | None) -> str:
    """Say why there is no cost."""
    if worth is None:
        return _("No tariff in this project")
    if worth.unreached:
        return _("Prices cannot be reached now")
    if not measured.place.of(Quantity.LOAD_KW):
        return _("No load is measured here")
    if measured.view.end - measured.view.start > ALL_UP_TO and worth.prices.notna().any(axis=None):
        return _("Known for ranges of up to a month")
    return _("No prices were published for this range")


def coverage_words(coverage: Coverage) -> str:
    """Say how many values are there and how often some are missing."""
    if coverage.complete:
        return _("%(share)s of values", share=percent(coverage.fraction))
    gaps = ngettext("%(num)d gap", "%(num)d gaps", len(coverage.gaps))
    return _("%(share)s of values, %(gaps)s", share=percent(coverage.fraction), gaps=gaps)


def at_least(figures: Kpis, text: str) -> str:
    """Return a sum marked when values are missing: the true total is at least that."""
    return text if figures.total_kwh is None or figures.coverage.complete else f"≥ {text}"


def _cost_context(measured: Measured, cost: EnergyCost) -> str:
    if not cost.cost_complete:
        return _("%(hours)s without a price or a value", hours=with_unit(cost.missing_price_h, "h", 1))
    earned = number(cost.export_revenue, 2)
    end = measured.view.start + timedelta(hours=cost.hours)
    if measured.view.until - end >= measured.balance_step:
        time = clock_time(end, measured.view.zone)
        if cost.export_kwh > 0:
            return _("Until %(time)s, export earned %(earned)s", time=time, earned=earned)
        return _("Until %(time)s", time=time)
    if cost.export_kwh > 0:
        return _("Import %(paid)s, export earned %(earned)s", paid=number(cost.import_cost, 2), earned=earned)
    return _("For %(energy)s imported", energy=with_unit(cost.import_kwh, "kWh"))


def _current(measured: Measured, figures: Kpis) -> Figure:
    view, step = measured.view, measured.place.native(Quantity.LOAD_KW)
    context, stale = "", ""
    if figures.current_at is not None:
        end = figures.current_at + step
        context = _("Mean of %(a)s–%(b)s", a=clock_time(figures.current_at, view.zone), b=clock_time(end, view.zone))
        if view.holds_today and view.now - end > LATE_STEPS * step:
            stale = stale_words(_("Load meter"), end, view.now)
    return Figure(
        key="current",
        label=_("Current power") if view.holds_today else _("Last power of the range"),
        text=number(figures.current_kw),
        unit="kW",
        context=context,
        value=figures.current_kw,
        stale=stale,
        formula=_("The newest measured step of the meters on the site's connection, added up: its mean power."),
    )


def _total(measured: Measured, figures: Kpis) -> Figure:
    view = measured.view
    return Figure(
        key="total",
        label=_("Total energy"),
        text=at_least(figures, number(figures.total_kwh)),
        unit="kWh",
        context=period_words(view.first, view.last, year=False)
        if figures.coverage.complete
        else coverage_words(figures.coverage),
        value=figures.total_kwh,
        formula=_(
            "Mean power of each step × its length, added up at the meters' own resolution. Missing steps count as "
            "nothing, then the total is marked ≥."
        ),
    )


def _peak(measured: Measured, figures: Kpis) -> Figure:
    context = ""
    if figures.peak_at:
        at = moment_words(figures.peak_at, measured.view.zone)
        context = _("%(at)s, mean of %(step)s", at=at, step=step_words(measured.place.native(Quantity.LOAD_KW)))
    return Figure(
        key="peak",
        label=_("Peak power"),
        text=number(figures.peak_kw),
        unit="kW",
        context=context,
        value=figures.peak_kw,
        formula=_("The highest mean power of one measured step of the range."),
    )
