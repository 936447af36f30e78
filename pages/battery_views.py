"""The battery over time: power, state of charge and price in three rows, or charge and discharge as a pair."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from dash import html

from components.aria import data as attributes
from components.battery_chart import HEIGHT, PHONE_HEIGHT, battery_chips, battery_figure, table_rows
from components.battery_picture import BatteryPicture
from components.graph import drawn
from components.numbers import moment_words, number, percent, step_words, with_unit
from components.states import notes, partial_badge
from components.time_series import Line, TimeSeries, legend_chips, time_series_figure
from components.tokens import LIGHT
from components.words import _
from dash_app.domain.battery_kpi import NOTHING_KW, Flow
from dash_app.domain.kpi import average_on_local_days, coverage_of
from dash_app.workflows.battery import BatteryData

SPLIT = ("split", "1")
PAIR_HEIGHT, PAIR_PHONE_HEIGHT = 196, 180


def is_split(data: BatteryData) -> bool:
    """Return whether the address asks for charge and discharge as two charts."""
    return SPLIT in data.view.others


def address_notes(data: BatteryData) -> list[Any]:
    """Name what the address asks for and this page does not know."""
    name, value = SPLIT
    given = dict(data.view.others).get(name, value)
    if given == value:
        return []
    return [notes([_("“%(given)s” is not a way to split the chart. Showing one chart.", given=given[:40])])]


def power_view(data: BatteryData) -> dict[str, Any] | None:
    """Return what fills the chart of three rows; None where it is split, or where there is no battery."""
    if not data.there or is_split(data):
        return None
    picture = picture_of(data)
    figure = battery_figure(picture)
    figure.layout.meta = {**figure.layout.meta, "rows": table_rows(picture)}
    return {
        "drawn": drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": [*_meta(data), f" · {_plan_words(data)}", _split_link(data, _("Split in two"), split=True)],
        "legend": battery_chips(picture),
        "caption": _power_caption(data),
    }


def charge_view(data: BatteryData) -> dict[str, Any] | None:
    """Return what fills the chart of the charge; None unless the address splits."""
    return _pair_view(data, Flow.CHARGE, _("Charge"), LIGHT.charge, link=_("Show as one chart"))


def discharge_view(data: BatteryData) -> dict[str, Any] | None:
    """Return what fills the chart of the discharge; None unless the address splits."""
    return _pair_view(data, Flow.DISCHARGE, _("Discharge"), LIGHT.discharge)


def stored_view(data: BatteryData) -> dict[str, Any] | None:
    """Return what fills the chart of the stored energy; None unless the address splits and the capacity is known."""
    if not data.there or not is_split(data) or data.soc is None or data.battery is None:
        return None
    stored = data.soc * data.battery.capacity_kwh
    series = _series(data, stored, _("Energy stored"), LIGHT.discharge, "kWh")
    low, high = stored.min(), stored.max()
    caption = _("From %(low)s to %(high)s stored.", low=number(low), high=with_unit(high, "kWh"))
    return {
        "drawn": drawn(time_series_figure(series), height=PAIR_HEIGHT, phone_height=PAIR_PHONE_HEIGHT),
        "meta": _("kWh, of %(capacity)s", capacity=with_unit(data.battery.capacity_kwh, "kWh")),
        "legend": legend_chips(series),
        "caption": caption if stored.notna().any() else _("No values in this range."),
    }


def picture_of(data: BatteryData) -> BatteryPicture:
    """Return what the chart of three rows shows, averaged to the view's step."""
    view = data.view
    step = max(view.step, data.step)

    def averaged(values: pd.Series) -> pd.Series:
        return average_on_local_days(values, step, view.zone)

    return BatteryPicture(
        start=view.start,
        end=view.end,
        now=view.now,
        zone=view.zone,
        step=step,
        charge=averaged(data.power(Flow.CHARGE)),
        discharge=averaged(data.power(Flow.DISCHARGE)),
        soc=None if data.soc is None else averaged(data.soc),
        battery=data.battery,
        plan=() if data.plan is None else data.plan.payload.steps,
        prices=data.prices,
        price_step=data.price_step,
        currency=data.place.site.currency if data.place.site else "",
        gaps=coverage_of(data.power(Flow.CHARGE), data.step, view.until).gaps,
    )


def _pair_view(data: BatteryData, flow: Flow, name: str, colour: str, link: str = "") -> dict[str, Any] | None:
    if not data.there or not is_split(data):
        return None
    powers = data.power(flow)
    series = _series(data, powers, name, colour, "kW")
    kwh = powers.sum() * data.step.total_seconds() / 3600
    facts = {"high": with_unit(powers.max(), "kW"), "total": with_unit(kwh, "kWh")}
    meta = _meta(data)
    return {
        "drawn": drawn(time_series_figure(series), height=PAIR_HEIGHT, phone_height=PAIR_PHONE_HEIGHT),
        "meta": [*meta, _split_link(data, link, split=False)] if link else meta,
        "legend": legend_chips(series),
        "caption": _("Up to %(high)s, %(total)s.", **facts) if powers.notna().any() else _("No values in this range."),
    }


def _series(data: BatteryData, values: pd.Series, name: str, colour: str, unit: str) -> TimeSeries:
    view = data.view
    step = max(view.step, data.step)
    return TimeSeries(
        start=view.start,
        end=view.end,
        now=view.now,
        zone=view.zone,
        measured=Line(key="measured", name=name, values=average_on_local_days(values, step, view.zone)),
        colour=colour,
        gaps=coverage_of(values, data.step, view.until).gaps,
        unit=unit,
    )


def _meta(data: BatteryData) -> list[Any]:
    coverage = coverage_of(data.power(Flow.CHARGE), data.step, data.view.until)
    words = _("kW, mean of %(step)s", step=step_words(max(data.view.step, data.step)))
    if not coverage.complete:
        return [words, " ", partial_badge(percent(coverage.fraction), len(coverage.gaps))]
    return [_("%(words)s · %(share)s of values", words=words, share=percent(coverage.fraction))]


def _plan_words(data: BatteryData) -> str:
    return _("plan %(label)s", label=data.plan.label) if data.plan else _("no plan in force")


def _split_link(data: BatteryData, words: str, *, split: bool) -> html.A:
    """Return the link that shows one chart or the pair; it changes only the page's address."""
    name, value = SPLIT
    others = dict(data.view.others)
    others = others | {name: value} if split else {key: text for key, text in others.items() if key != name}
    href = replace(data.view, others=tuple(others.items())).query() or "?"
    look = "btn sb-tertiary sb-small sb-split-link"
    return html.A(words, href=href, className=look, **attributes(address="battery-address", option=name))


def _power_caption(data: BatteryData) -> str:
    energies = data.energies()
    known = data.flows.dropna(subset=[Flow.CHARGE, Flow.DISCHARGE])
    if known.empty:
        return _("No values of the battery in this range.")
    if not energies.charged_kwh and not energies.discharged_kwh:
        return _("The battery was at rest.")
    facts = {"into": with_unit(energies.charged_kwh, "kWh"), "out": with_unit(energies.discharged_kwh, "kWh")}
    so_far = data.view.holds_today
    text = _("Charged %(into)s, discharged %(out)s.")
    if so_far:
        text = _("Charged %(into)s and discharged %(out)s until now.")
    return " ".join([text % facts, _strongest(data, known)]).strip()


def _strongest(data: BatteryData, known: pd.DataFrame) -> str:
    place = int(known[Flow.DISCHARGE].to_numpy().argmax())
    highest = float(known[Flow.DISCHARGE].iloc[place])
    if highest < NOTHING_KW:
        return ""
    at = moment_words(pd.DatetimeIndex(known.index)[place].to_pydatetime(), data.view.zone)
    return _("Strongest discharge %(power)s, %(at)s.", power=with_unit(highest, "kW"), at=at)
