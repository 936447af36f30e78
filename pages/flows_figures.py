"""The key figures of the energy flows, and on request how each is computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dash import html

from components.cards import Figure, kpi_row
from components.icons import Icon, icon
from components.numbers import number, percent, step_words, with_unit
from components.words import _
from dash_app.domain.flows import Attributed, Source, Use
from dash_app.domain.own_use import Share, self_consumption, self_sufficiency
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.workflows.flows import FlowsData, Unit

NOTHING_KWH = 0.05


def key_figures(data: FlowsData) -> list[html.Div]:
    """Return the cards: total in, self-sufficiency, self-consumption, what is not accounted for."""
    return kpi_row(figures(data))


def figures(data: FlowsData) -> list[Figure]:
    """Return the key figures, in kWh and shares whatever unit the diagram is in."""
    known = data.attributed if data.attributed and data.attributed.parts.steps else None
    return [_total_in(known), _sufficiency(known), _consumption(data, known), _residual(known)]


def formulas(data: FlowsData) -> html.Details | None:
    """Return how the key figures are computed, on request, with their numbers."""
    if data.attributed is None or not data.attributed.parts.steps:
        return None
    terms = [*_formula_terms(data, data.attributed)]
    body = html.Dl([part for term, words in terms for part in (html.Dt(term), html.Dd(words))])
    return html.Details(
        [html.Summary([icon(Icon.CHEVRON_RIGHT, size=12), _("How this is computed")]), body], className="sb-card sb-how"
    )


def _total_in(known: Attributed | None) -> Figure:
    into = known.in_kwh if known else None
    context = ""
    if known:
        sums = {
            source: sum(known.kwh(source, use) for use in Use) for source in (Source.PV, Source.BATTERY, Source.GRID)
        }
        names = {Source.PV: _("PV"), Source.BATTERY: _("Battery"), Source.GRID: _("Grid")}
        context = " · ".join(f"{names[source]} {number(kwh)}" for source, kwh in sums.items() if kwh > NOTHING_KWH)
    return Figure(key="in", label=_("Total in"), text=number(into), unit="kWh", context=context, value=into)


def _sufficiency(known: Attributed | None) -> Figure:
    share = self_sufficiency(known.parts.balance(), known.parts.step) if known else None
    words = _("%(part)s of %(whole)s load")
    return _share_figure("self-sufficiency", _("Self-sufficiency"), share, words)


def _consumption(data: FlowsData, known: Attributed | None) -> Figure:
    has_pv = known is not None and bool(known.parts.pv.shape[1])
    share = self_consumption(known.parts.balance(), known.parts.step) if known and has_pv else None
    figure = _share_figure("self-consumption", _("Self-consumption"), share, _("%(part)s of %(whole)s PV"))
    return figure if has_pv or known is None else replace(figure, context=_("No PV in this project"))


def _share_figure(key: str, label: str, share: Share | None, words: str) -> Figure:
    fraction = share.fraction if share else None
    context = ""
    if share and fraction is not None:
        context = words % {"part": number(share.part_kwh), "whole": with_unit(share.whole_kwh, "kWh")}
    return Figure(key=key, label=label, text=_percent_number(fraction), unit="%", context=context, value=fraction)


def _residual(known: Attributed | None) -> Figure:
    residual = known.residual if known else None
    context = ""
    if known is not None:
        kwh = with_unit(known.unknown_kwh, "kWh", 1)
        context = (
            _("%(kwh)s of what came in", kwh=kwh) if known.parts.grid_measured else _("Grid calculated, not measured")
        )
    return Figure(
        key="residual",
        label=_("Not accounted for"),
        text=_percent_number(residual),
        unit="%",
        context=context,
        value=residual,
    )


def _percent_number(fraction: float | None) -> str:
    return percent(fraction, 1).split(NO_BREAK_SPACE)[0]


def _formula_terms(data: FlowsData, known: Attributed) -> Iterator[tuple[str, str]]:
    parts = known.parts
    yield (
        _("Rule, in every step of %(step)s", step=step_words(parts.step)),
        _("PV serves the load first, then the battery, then the grid. What PV leaves over charges the battery, "
          "then the grid does; the rest is exported. Meters that share a flow do so by their power in that step."),
    )  # fmt: skip
    sufficiency = self_sufficiency(parts.balance(), parts.step)
    yield (
        _("Self-sufficiency"),
        _(
            "(PV used directly + battery used by the load) / load = %(part)s / %(whole)s = %(share)s",
            **_facts(sufficiency),
        ),
    )
    if parts.pv.shape[1]:
        consumption = self_consumption(parts.balance(), parts.step)
        yield (
            _("Self-consumption"),
            _(
                "(PV used directly + PV into the battery) / PV = %(part)s / %(whole)s = %(share)s",
                **_facts(consumption),
            ),
        )
    residual = {
        "part": with_unit(known.unknown_kwh, "kWh", 1),
        "whole": with_unit(known.in_kwh, "kWh", 1),
        "share": percent(known.residual, 1),
    }
    yield (
        _("Not accounted for"),
        _("What the meters on the one side say beyond the other side, step by step, / total in = "
          "%(part)s / %(whole)s = %(share)s", **residual),
    )  # fmt: skip
    if data.unit is Unit.COST:
        yield (
            _("Cost"),
            _("Energy of each step times its import price where it is used, its export price where it is fed in."),
        )


def _facts(share: Share) -> dict[str, str]:
    return {
        "part": with_unit(share.part_kwh, "kWh", 1),
        "whole": with_unit(share.whole_kwh, "kWh", 1),
        "share": percent(share.fraction, 1),
    }
