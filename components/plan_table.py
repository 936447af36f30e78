"""The plan as a table: one row for each step, days in the first column; and the same as CSV."""

from __future__ import annotations

import csv
import io
from zoneinfo import ZoneInfo

from dash import html

from components.aria import aria
from components.numbers import clock_time, day_words, number, percent
from components.plan_data import Column, hours_of, plan_frame
from components.plan_words import battery_words, order_words
from components.tables import table
from components.words import _
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Step

NUMBERS = frozenset(range(2, 9))


def plan_table(payload: Payload, zone: ZoneInfo) -> html.Div:
    """Return every step: time, order, what the battery is expected to do, powers, SoC, prices."""
    frame = plan_frame(payload)
    head = [_("Time"), _("Order"), _("PV"), _("Load"), _("Import"), _("Export"), _("SoC"), _("Buy"), _("Sell")]
    rows = []
    for place, step in enumerate(payload.steps):
        values = frame.iloc[place]
        powers = [number(values[name]) for name in (Column.PV, Column.LOAD, Column.IMPORT, Column.EXPORT)]
        about = "≈ " if values[Column.ESTIMATED] > 0 else ""
        prices = [f"{about}{number(values[name], 3)}" for name in (Column.BUY, Column.SELL)]
        order = html.Span([order_words(step), html.Span(battery_words(step), className="sb-row-about")])
        rows.append([_when(payload, place, zone), order, *powers, percent(step.soc_end), *prices])
    title = _("Plan, step by step")
    body = table(title, head, rows, numbers=NUMBERS)
    return html.Div(body, className="sb-plan-table", tabIndex=0, role="region", **aria(label=title))


def units_words(payload: Payload) -> str:
    """Return what the table's numbers are."""
    return _(
        "Powers in kW, means of each step; SoC at its end; prices in %(currency)s per kWh, ≈ estimated.",
        currency=payload.currency,
    )


def plan_csv(payload: Payload) -> str:
    """Return the plan as CSV: times in UTC, kW and prices in full precision, what was signed and nothing else.

    `hours` is what each step counts: of a slot that was running when the plan was computed, the rest.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    frame = plan_frame(payload)
    fields = (
        "start", "end", "intent", "target_kw", "battery_kw", "grid_kw", "power_min_kw", "power_max_kw",
        "soc_min", "soc_max", "soc_end",
    )  # fmt: skip
    columns = (Column.PV, Column.LOAD, Column.BUY, Column.SELL, Column.ESTIMATED)
    writer.writerow([*fields, "pv_kw", "load_kw", "import_per_kwh", "export_per_kwh", "price_estimated", "hours"])
    for place, (step, hours) in enumerate(zip(payload.steps, hours_of(payload), strict=True)):
        known = frame.iloc[place][list(columns)].tolist()
        writer.writerow([*(_plain(step, field) for field in fields), *known, hours])
    return text.getvalue()


def _plain(step: Step, field: str) -> object:
    value = getattr(step, field)
    return value.isoformat() if field in ("start", "end") else getattr(value, "value", value)


def _when(payload: Payload, place: int, zone: ZoneInfo) -> html.Span:
    """Return the time of a step, with its day where a day begins."""
    day = payload.steps[place].start.astimezone(zone).date()
    first = place == 0 or payload.steps[place - 1].start.astimezone(zone).date() != day
    time = clock_time(payload.steps[place].start, zone)
    return html.Span([html.Strong(day_words(day, weekday=True), className="sb-day"), time] if first else time)
