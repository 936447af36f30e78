"""What the page of production against demand shows of what was loaded: pure views, testable without Dash."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import html

from components.cards import Figure, card
from components.graph import drawn
from components.numbers import day_words, number, percent, step_words, with_unit
from components.pair_bars import pair_bars_figure
from components.states import not_set_up, partial_badge
from components.step_rows import MOST_STEPS
from components.surplus_chart import SurplusPicture, surplus_chips, surplus_figure
from components.words import _
from dash_app.domain.frames import Power
from dash_app.domain.kpi import Coverage, average_on_local_days, coverage_of
from dash_app.domain.site import Quantity
from dash_app.domain.surplus import Span, Surplus, by_day, by_month, surplus_of
from dash_app.workflows.measured import Measured

HEIGHT, PHONE_HEIGHT = 300, 240
BARS_HEIGHT = 220
MOST_DAYS = 62
"""More days than these are added up by month."""


def missing_card(loaded: Measured) -> html.Section | None:
    """Return the note of a project that lacks one of the two; None where both are measured."""
    if not loaded.place.of(Quantity.PV_KW):
        return card(_("Production vs E-demand"), not_set_up(_("No PV in this project.")))
    if not loaded.place.of(Quantity.LOAD_KW):
        return card(_("Production vs E-demand"), not_set_up(_("No demand is measured in this project.")))
    return None


def figures(loaded: Measured) -> list[Figure] | None:
    """Return the four key figures, in full precision beside the text; None where one of the two is not measured."""
    if missing_card(loaded) is not None:
        return None
    found = surplus(loaded)
    mark = "≥ " if found.missing_h else ""
    return [
        _covered(found),
        Figure(
            key="surplus",
            label=_("Surplus"),
            text=f"{mark}{number(found.surplus_kwh)}",
            unit="kWh",
            context=_("of %(kwh)s produced", kwh=with_unit(found.production_kwh, "kWh")),
            value=found.surplus_kwh,
            formula=_("Surplus = sum over all steps of (PV − demand), where PV is higher, × length of the step."),
        ),
        Figure(
            key="deficit",
            label=_("Deficit"),
            text=f"{mark}{number(found.deficit_kwh)}",
            unit="kWh",
            context=_("of %(kwh)s demanded", kwh=with_unit(found.demand_kwh, "kWh")),
            value=found.deficit_kwh,
            formula=_("Deficit = sum over all steps of (demand − PV), where PV is lower, × length of the step."),
        ),
        Figure(
            key="hours",
            label=_("Hours of surplus"),
            text=number(found.surplus_h),
            unit="h",
            context=_known_words(found),
            value=found.surplus_h,
            formula=_("The length of all steps in which PV is higher than the demand."),
        ),
    ]


def surplus(loaded: Measured) -> Surplus:
    """Return production against demand of the view at native resolution."""
    balance = loaded.balance()
    return surplus_of(balance[Power.PV_KW], balance[Power.LOAD_KW], loaded.balance_step)


def spans(loaded: Measured) -> tuple[Span, ...]:
    """Return the two by day, by month in long ranges."""
    made, used = loaded.kpis(Quantity.PV_KW).days, loaded.kpis(Quantity.LOAD_KW).days
    days = by_day(made, used, loaded.view.today)
    return by_month(days) if len(days) > MOST_DAYS else days


def powers_view(loaded: Measured) -> dict[str, Any] | None:
    """Return what fills the chart of the two powers; None where one of them is not measured."""
    if missing_card(loaded) is not None:
        return None
    view, balance = loaded.view, loaded.balance()
    step = max(view.step, loaded.balance_step)
    coverage = coverage_of(
        (balance[Power.PV_KW] + balance[Power.LOAD_KW]).rename(None), loaded.balance_step, view.until
    )
    pv, load = (average_on_local_days(balance[column], step, view.zone) for column in (Power.PV_KW, Power.LOAD_KW))
    picture = SurplusPicture(
        start=view.start,
        end=view.end,
        now=view.now,
        zone=view.zone,
        step=step,
        pv=pv,
        load=load,
        gaps=coverage.gaps,
    )
    return {
        "drawn": drawn(surplus_figure(picture), height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": _meta(step, coverage, len(pv)),
        "legend": surplus_chips(),
        "caption": _powers_caption(loaded),
    }


def days_view(loaded: Measured) -> dict[str, Any] | None:
    """Return what fills the bars; None where one of the two is not measured."""
    if missing_card(loaded) is not None:
        return None
    shown = spans(loaded)
    months = any(span.first != span.last for span in shown)
    unit = _("kWh per month") if months else _("kWh per day")
    return {
        "drawn": drawn(pair_bars_figure(shown, unit), height=BARS_HEIGHT, phone_height=BARS_HEIGHT),
        "meta": _("PV filled, demand outlined; light: not complete"),
        "legend": [],
        "caption": _days_caption(shown),
    }


def _covered(found: Surplus) -> Figure:
    return Figure(
        key="covered",
        label=_("Covered by PV at once"),
        text=number(None if found.covered is None else 100 * found.covered, 1),
        unit="%",
        context=_("%(kwh)s of the demand", kwh=with_unit(found.covered_kwh, "kWh")),
        value=found.covered,
        formula=_("Covered = sum over all steps of the smaller of PV and demand / sum of the demand; no battery."),
    )


def _known_words(found: Surplus) -> str:
    if not found.known_h:
        return _("Nothing is known of both")
    words = _(
        "of %(hours)s, %(share)s", hours=with_unit(found.known_h, "h"), share=percent(found.surplus_h / found.known_h)
    )
    if found.missing_h:
        return _("%(words)s; %(gap)s missing", words=words, gap=with_unit(found.missing_h, "h"))
    return words


def _meta(step: timedelta, coverage: Coverage, rows: int) -> list[Any]:
    words = _("kW, mean of %(step)s", step=step_words(step))
    if rows > MOST_STEPS:
        words = _("%(words)s, thinned for drawing", words=words)
    if not coverage.complete:
        return [words, " ", partial_badge(percent(coverage.fraction), len(coverage.gaps))]
    return [_("%(words)s · %(share)s of values", words=words, share=percent(coverage.fraction))]


def _powers_caption(loaded: Measured) -> str:
    if not surplus(loaded).known_h:
        return _("No values of both in this range.")
    made, used = loaded.kpis(Quantity.PV_KW), loaded.kpis(Quantity.LOAD_KW)
    facts = {"pv": with_unit(made.peak_kw, "kW"), "load": with_unit(used.peak_kw, "kW")}
    words = _("PV up to %(pv)s, demand up to %(load)s.", **facts)
    battery = loaded.place.of(Quantity.CHARGE_KW)
    return f"{words} {_('What the battery moves is not counted here.')}" if battery else words


def _days_caption(shown: tuple[Span, ...]) -> str:
    both = [(span, span.production_kwh, span.demand_kwh) for span in shown]
    known = [(span, made, used) for span, made, used in both if made is not None and used is not None]
    if not known:
        return _("No values of both in this range.")
    facts = {
        "more": sum(made > used for _span, made, used in known),
        "all": len(known),
        "whole": sum(span.whole for span, _made, _used in known),
    }
    if any(span.first != span.last for span in shown):
        return _("PV brought more than was demanded in %(more)d of %(all)d months (complete: %(whole)d).") % facts
    words = _("PV brought more than was demanded on %(more)d of %(all)d days (complete: %(whole)d).") % facts
    best, kwh, _used = max(known, key=lambda row: row[1])
    return f"{words} {_('Best: %(day)s, %(kwh)s.', day=day_words(best.first), kwh=with_unit(kwh, 'kWh'))}"
