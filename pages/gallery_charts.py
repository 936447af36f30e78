"""The gallery's charts, each with its legend and states."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pandas as pd
from dash import html

from components import plan_chart
from components.chain import chain_table
from components.plan_picture import Past, PlanPicture
from components.plan_table import plan_table
from components.sankey import Link, Look, Node, SankeyData, equation_words, sankey_figure
from components.setpoint_chart import setpoint_figure, setpoint_legend
from components.time_series import Line, TimeSeries, legend_chips, time_series_figure
from components.tokens import LIGHT
from dash_app.domain import chain
from pages import gallery_why
from pages.gallery_data import (
    END,
    GAP,
    HOSTILE_NAME,
    LONG_NAME,
    NOW,
    START,
    ZONE,
    forecast,
    load_kw,
    past_power,
    payload,
    plan_steps,
    prices,
    pv_kw,
    quarters,
    soc,
    tracking,
    with_gap,
)
from pages.gallery_entry import ChartExample, Entry, Example


def entries() -> tuple[Entry, ...]:
    """Return the entries in their order on the page."""
    return (
        Entry(title="Time series with band and legend", examples=_time_series()),
        Entry(title="Plan: power, state of charge, price", examples=_plans()),
        Entry(title="Plan table", examples=(Example(state="every step", draw=lambda: plan_table(payload(), ZONE)),)),
        *gallery_why.entries(),
        Entry(title="Set-point against measured", examples=_setpoints()),
        Entry(title="Chain of set-points", examples=(Example(state="every mark", draw=_chain),)),
        Entry(title="Sankey", examples=_sankeys()),
    )


def _time_series() -> tuple[ChartExample, ...]:
    states = {
        "measured, forecast and 80 % band": _series(),
        "gap": replace(_series(), measured=_line(with_gap(pv_kw(quarters(NOW)))), gaps=(GAP,)),
        "forecast without a band": replace(_series(), forecast=forecast(pv_kw(quarters()))[["p50"]]),
        "parts, long and hostile names": replace(
            _series(),
            forecast=None,
            parts=tuple(
                Line(key=f"part{place}", name=name, values=pv_kw(quarters(NOW)) * share)
                for place, (name, share) in enumerate({"Array 1": 0.5, LONG_NAME: 0.3, HOSTILE_NAME: 0.2}.items())
            ),
            shown=frozenset({"measured", "part0", "part1", "part2"}),
        ),
        "load": replace(_series(), measured=_line(load_kw(quarters(NOW))), colour=LIGHT.load, forecast=None),
        "no values": replace(_series(), measured=_line(pv_kw(quarters(NOW)) * float("nan")), forecast=None),
    }
    return tuple(
        ChartExample(
            state=state,
            key=f"series-{place}",
            figure=partial(time_series_figure, given),
            legend=partial(legend_chips, given),
            meta="kW, mean of 15 min",
            caption="From 0.0 to 132 kW.",
        )
        for place, (state, given) in enumerate(states.items())
    )


def _series() -> TimeSeries:
    return TimeSeries(
        start=START, end=END, now=NOW, zone=ZONE, measured=_line(pv_kw(quarters(NOW))), colour=LIGHT.pv,
        forecast=forecast(pv_kw(quarters())),
    )  # fmt: skip


def _line(values: pd.Series) -> Line:
    return Line(key="measured", name="Measured", values=values)


def _plans() -> tuple[ChartExample, ...]:
    index = quarters(NOW)
    past = Past(power=past_power(), soc=soc(index), prices=prices(index))
    picture = PlanPicture(payload=payload(), start=START + timedelta(days=1), end=END, now=NOW, zone=ZONE, past=past)
    states = {"measured and planned": picture, "nothing measured": replace(picture, start=NOW, past=None)}
    return tuple(
        ChartExample(
            state=state,
            key=f"plan-{place}",
            figure=partial(plan_chart.plan_figure, given),
            legend=plan_chart.legend_chips,
            height=plan_chart.HEIGHT,
            phone_height=plan_chart.PHONE_HEIGHT,
        )
        for place, (state, given) in enumerate(states.items())
    )


def _setpoints() -> tuple[ChartExample, ...]:
    quiet = replace(tracking(), told=pd.Series(dtype=float), ahead=pd.Series(dtype=float), tolerance_kw=None)
    states = {"told, measured, planned": tracking(), "nothing told": quiet}
    return tuple(
        ChartExample(
            state=state,
            key=f"setpoint-{place}",
            figure=partial(setpoint_figure, given, ZONE),
            legend=partial(setpoint_legend, given),
        )
        for place, (state, given) in enumerate(states.items())
    )


def _chain() -> object:
    done = chain.Link(mark=chain.Mark.DONE, at=NOW)
    late = chain.Link(mark=chain.Mark.TROUBLE, at=NOW, word=chain.Word.LATE, delay=timedelta(seconds=47))
    waits = chain.Link(mark=chain.Mark.RUNNING, word=chain.Word.WAITS)
    rows = (
        (done, done, waits, chain.NOT_YET, chain.NOT_YET, chain.NOT_YET),
        (done, done, done, late, done, chain.Link(mark=chain.Mark.RUNNING, word=chain.Word.MEASURING)),
        (done, done, done, done, done, done),
        (done, done, done, chain.Link(mark=chain.Mark.TROUBLE, word=chain.Word.REFUSED), chain.NOT_YET, chain.NOT_YET),
    )
    slots = [
        chain.Slot(
            step=step, label="R-118", computed=links[0], checked=links[1], approved=links[2], sent=links[3],
            read_back=links[4], followed=links[5],
        )
        for step, links in zip(plan_steps(), rows, strict=False)
    ]  # fmt: skip
    slots[3] = replace(slots[3], notes=((NOW, "the device answered with exception 3"),), writes=2)
    table = chain_table(slots, NOW, ZONE, may_approve=True)
    return html.Div(html.Div(table, className="sb-card-body"), className="sb-card sb-chain-card")


def _sankeys() -> tuple[ChartExample, ...]:
    nodes = (
        Node(key="pv", name="PV", look=Look.PV),
        Node(key="battery", name="Battery", look=Look.DISCHARGE),
        Node(key="grid", name="Grid", look=Look.IMPORT),
        Node(key="load", name=LONG_NAME, look=Look.LOAD),
        Node(key="rest", name="Not accounted for", look=Look.LOSS),
    )
    links = (
        Link(source="pv", target="load", amount=460.0),
        Link(source="battery", target="load", amount=0.0),
        Link(source="grid", target="load", amount=330.0),
        Link(source="grid", target="rest", amount=10.0),
    )
    flows = SankeyData(nodes=nodes, links=links, unit="kWh")
    states = {
        "energy, one source at zero": flows,
        "money": replace(flows, unit="EUR", currency=True),
        "hostile name": replace(flows, nodes=(*nodes[:3], replace(nodes[3], name=HOSTILE_NAME), nodes[4])),
        "nothing flowed": replace(flows, links=tuple(replace(link, amount=0.0) for link in links)),
    }
    return tuple(
        ChartExample(
            state=state,
            key=f"sankey-{place}",
            figure=partial(sankey_figure, given, height=240, phone_height=240),
            height=240,
            phone_height=240,
            caption=equation_words(given),
        )
        for place, (state, given) in enumerate(states.items())
    )
