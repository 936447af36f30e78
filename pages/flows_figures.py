"""The key figures of the energy flows, each with how it is computed, in its own numbers."""

from __future__ import annotations

from dash import html

from components.cards import Figure, kpi_row
from components.numbers import number, percent, step_words, with_unit
from components.words import _
from dash_app.domain.flows import Attributed, Source, Use
from dash_app.domain.own_use import Share, self_consumption, self_sufficiency
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.workflows.flows import FlowsData

NOTHING_KWH = 0.05
ROUNDING = 0.0005
"""A share below this prints as 0.0 %: it is the rounding of the meters."""


def key_figures(data: FlowsData) -> list[html.Div]:
    """Return the cards: total in, self-sufficiency, self-consumption, what is not accounted for."""
    return kpi_row(figures(data))


def figures(data: FlowsData) -> list[Figure]:
    """Return the key figures, in kWh and shares whatever unit the diagram is in."""
    known = data.attributed if data.attributed and data.attributed.parts.steps else None
    return [_total_in(known), _sufficiency(known), _consumption(known), _residual(known)]


def _total_in(known: Attributed | None) -> Figure:
    into = known.in_kwh if known else None
    context, formula = "", ""
    if known:
        sums = [_came_in(known, source) for source in (Source.PV, Source.BATTERY, Source.GRID)]
        names = (_("PV"), _("Battery"), _("Grid"))
        context = " · ".join(
            f"{name} {number(kwh)}" for name, kwh in zip(names, sums, strict=True) if kwh > NOTHING_KWH
        )
        formula = _(
            "PV + discharge + import. In every step of %(step)s PV serves the load first, then the battery, then the "
            "grid. What PV leaves over charges the battery, then the grid does; the rest is exported. Meters that "
            "share a flow do so by their power in that step.",
            step=step_words(known.parts.step),
        )
    label = _("Total in")
    return Figure(key="in", label=label, text=number(into), unit="kWh", context=context, value=into, formula=formula)


def _came_in(known: Attributed, source: Source) -> float:
    return sum(known.kwh(source, use) for use in Use)


def _sufficiency(known: Attributed | None) -> Figure:
    share = self_sufficiency(known.parts.balance(), known.parts.step) if known else None
    return _share_figure(
        "self-sufficiency",
        _("Self-sufficiency"),
        share,
        _("%(part)s of %(whole)s load"),
        _("(PV used directly + battery used by the load) ÷ load = %(part)s ÷ %(whole)s, step by step."),
    )


def _consumption(known: Attributed | None) -> Figure:
    has_pv = known is not None and known.parts.pv.shape[1] > 0
    share = self_consumption(known.parts.balance(), known.parts.step) if known and has_pv else None
    return _share_figure(
        "self-consumption",
        _("Self-consumption"),
        share,
        _("%(part)s of %(whole)s PV"),
        _("(PV used directly + PV into the battery) ÷ PV = %(part)s ÷ %(whole)s, step by step."),
        otherwise="" if known is None or has_pv else _("No PV in this project"),
    )


def _share_figure(
    key: str, label: str, share: Share | None, words: str, formula: str, *, otherwise: str = ""
) -> Figure:
    fraction = share.fraction if share else None
    known = share if fraction is not None else None
    return Figure(
        key=key,
        label=label,
        text=_percent_number(fraction),
        unit="%",
        context=words % _facts(known) if known else otherwise,
        value=fraction,
        formula=formula % _facts(known) if known else "",
    )


def _facts(share: Share) -> dict[str, str]:
    return {"part": number(share.part_kwh), "whole": with_unit(share.whole_kwh, "kWh")}


def _residual(known: Attributed | None) -> Figure:
    residual = known.residual if known else None
    context, formula = "", ""
    if known is not None:
        unknown = with_unit(known.unknown_kwh, "kWh", 1)
        measured = known.parts.grid_measured
        context = _("%(kwh)s of what came in", kwh=unknown) if measured else _("Grid calculated, not measured")
        formula = _(
            "What one side's meters count beyond the other side's, step by step, ÷ total in = %(part)s ÷ %(whole)s.",
            part=unknown,
            whole=with_unit(known.in_kwh, "kWh", 1),
        )
    return Figure(
        key="residual",
        label=_("Not accounted for"),
        text=_percent_number(residual),
        unit="%",
        context=context,
        value=0.0 if residual is not None and residual < ROUNDING else residual,
        formula=formula,
    )


def _percent_number(fraction: float | None) -> str:
    return percent(fraction, 1).split(NO_BREAK_SPACE)[0]
