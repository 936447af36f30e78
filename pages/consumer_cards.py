"""The consumer page's cards: key figures, where the energy came from with money and CO2, highest peaks, base load."""

from __future__ import annotations

from typing import Any

from dash import html

from components.cards import Figure, card
from components.numbers import (
    NO_VALUE,
    clock_time,
    day_words,
    duration,
    money,
    number,
    percent,
    period_words,
    with_unit,
)
from components.share_bar import Part, split_bar
from components.states import empty
from components.tables import table
from components.words import _
from dash_app.domain.energy_cost import PricedSource
from dash_app.domain.frames import Power
from dash_app.domain.load_profile import APART, Peak, base_share
from dash_app.domain.site import Quantity
from dash_app.workflows.consumer import Consumer
from pages.figure_words import cost_figure, load_figures

LOOKS = {Power.PV_KW: "pv", Power.BATTERY_KW: "discharge", Power.GRID_KW: "import"}


def figures(consumer: Consumer) -> list[Figure]:
    """Return the key figures: current, total, peak, cost."""
    return [*load_figures(consumer), cost_figure(consumer, consumer.cost(), consumer.worth)]


def sources_card(consumer: Consumer) -> html.Section:
    """Return where the load's energy came from: one bar, and a table with kWh, share, money and CO2."""
    title, meta = _("Where the load's energy came from"), _("kWh %(period)s", period=_period(consumer))
    priced = consumer.priced()
    total = sum(source.energy_kwh for source in priced.values()) if priced else 0.0
    if not priced or not total:
        return card(title, empty(_("Known for ranges of up to a month with a measured load.")), meta=meta)
    names = source_names(consumer)
    shown = {name: source for name, source in priced.items() if name in names}
    parts = [
        Part(look=LOOKS[name], name=names[name], amount=source.energy_kwh, text=percent(source.energy_kwh / total))
        for name, source in shown.items()
    ]
    body = [split_bar(parts, title), _sources_table(consumer, shown, total, title)]
    return card(title, body, meta=meta, caption=_sources_caption(consumer), class_name="sb-sources")


def source_names(consumer: Consumer) -> dict[Power, str]:
    """Return the sources that exist at this place, in words."""
    battery = _("Simulated battery") if consumer.place.simulated else _("Battery")
    names = {}
    if consumer.place.of(Quantity.PV_KW):
        names[Power.PV_KW] = _("PV direct")
    if consumer.place.of(Quantity.DISCHARGE_KW):
        names[Power.BATTERY_KW] = battery
    return {**names, Power.GRID_KW: _("Grid")}


def peaks_card(consumer: Consumer) -> html.Section:
    """Return the five highest distinct events of the range."""
    title, meta = _("Highest peaks"), _("Distinct events, %(period)s", period=_period(consumer))
    peaks = consumer.peaks()
    if not peaks:
        return card(title, empty(_("No event stands out from the base load.")), meta=meta)
    head = (_("When"), _("Peak kW"), _("Lasted"))
    rows = [_peak_row(consumer, peak) for peak in peaks]
    caption = _(
        "An event lasts while the power stays above half way between the base load and its peak; what follows within "
        "%(hours)s belongs to it.",
        hours=duration(APART),
    )
    body = table(title, head, rows, numbers=frozenset({1, 2}))
    return card(title, body, meta=meta, caption=caption, class_name="sb-facts-card")


def base_card(consumer: Consumer) -> html.Section:
    """Return the base load with what it means for the range."""
    title, meta = _("Base load"), _("Exceeded 95 %% of the time, %(period)s", period=_period(consumer))
    base, share = consumer.base_kw(), base_share(consumer.load_kw)
    if base is None or share is None:
        return card(title, empty(_("No values in this range.")), meta=meta)
    total = consumer.kpis(Quantity.LOAD_KW).total_kwh or 0.0
    body = [
        html.Div(
            [html.Span(number(base), className="sb-kpi-number"), html.Span("kW", className="sb-kpi-unit")],
            className="sb-kpi-value",
        ),
        html.P(
            _(
                "It makes up %(share)s of the energy: about %(kwh)s of %(total)s.",
                share=percent(share),
                kwh=with_unit(share * total, "kWh"),
                total=with_unit(total, "kWh"),
            )
        ),
        html.P(_yearly(consumer, base), className="sb-muted"),
    ]
    caption = _("The 5th percentile of all measured steps of the range.")
    return card(title, body, meta=meta, caption=caption, class_name="sb-base-card")


def _yearly(consumer: Consumer, base_kw: float) -> str:
    year_kwh = base_kw * 8760
    cost = consumer.cost()
    per_kwh = cost.cost_per_kwh if cost else None
    if per_kwh is None or consumer.worth is None:
        return _("Held all year that is %(kwh)s.", kwh=with_unit(year_kwh, "kWh", 0))
    amount = money(year_kwh * per_kwh, consumer.worth.currency, 0)
    text = _("Held all year that is %(kwh)s, %(amount)s at this range's mean import price.")
    return text % {"kwh": with_unit(year_kwh, "kWh", 0), "amount": amount}


def _sources_table(consumer: Consumer, shown: dict[Power, PricedSource], total: float, title: str) -> html.Div:
    names = source_names(consumer)
    currency = consumer.worth.currency if consumer.worth else ""
    with_money = any(source.at_grid_price is not None for source in shown.values())
    with_co2 = any(source.co2_kg is not None for source in shown.values())
    head = [_("Source"), "kWh", _("Share")]
    head += [currency] if with_money else []
    head += [_("kg CO₂")] if with_co2 else []
    rows: list[list[Any]] = []
    for name, source in shown.items():
        row = [_swatch(LOOKS[name], names[name]), number(source.energy_kwh), percent(source.energy_kwh / total)]
        row += [_amount(source.at_grid_price, 2)] if with_money else []
        row += [_amount(source.co2_kg, 1)] if with_co2 else []
        rows.append(row)
    return table(title, head, rows, numbers=frozenset(range(1, len(head))))


def _amount(value: float | None, decimals: int) -> str:
    return NO_VALUE if value is None else number(value, decimals)


def _swatch(look: str, name: str) -> html.Span:
    return html.Span([html.Span(className=f"sb-swatch sb-fill-{look}"), html.Span(name)], className="sb-source-name")


def _sources_caption(consumer: Consumer) -> str:
    words = [_("PV counts first, then the battery, the rest came from the grid.")]
    cost = consumer.cost()
    if cost is not None and (cost.cost_known or cost.co2_kg is not None):
        words.append(_("Amounts are those of the same energy from the grid in the same steps."))
    if cost is not None and cost.co2_kg is None:
        words.append(_("No CO₂ series is published for this project."))
    if cost is not None and cost.cost_known and cost.missing_price_h > cost.missing_power_h:
        hours = with_unit(cost.missing_price_h - cost.missing_power_h, "h", 1)
        words.append(_("%(hours)s without a published price are not in the amounts.", hours=hours))
    if cost is not None and cost.missing_power_h:
        words.append(_("%(hours)s are left out: values are missing.", hours=with_unit(cost.missing_power_h, "h", 1)))
    return " ".join(words)


def _peak_row(consumer: Consumer, peak: Peak) -> list[str]:
    zone = consumer.view.zone
    local = peak.at.astimezone(zone)
    when = f"{day_words(local.date(), weekday=True)} {clock_time(peak.at, zone)}"
    return [when, number(peak.power_kw, 1), duration(peak.end - peak.start)]


def _period(consumer: Consumer) -> str:
    return period_words(consumer.view.first, min(consumer.view.last, consumer.view.today), year=False)
