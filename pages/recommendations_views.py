"""What the recommendations page shows of a board: head, comparison, tabs, the plan's chart, inputs, decisions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash import html

from components.aria import aria, data
from components.badges import Tone, badge
from components.graph import drawn
from components.icons import Icon
from components.numbers import clock_time, moment_words, money, percent, since_words, with_unit
from components.plan_chart import HEIGHT, PHONE_HEIGHT, plan_figure
from components.plan_data import co2_change_kg, saving
from components.plan_picture import Past, PlanPicture
from components.plan_words import (
    estimated_words,
    goal_words,
    limit_words,
    signed,
    why_words,
    without_words,
)
from components.recommendation_card import Compared, comparison_bars
from components.states import banner
from components.words import _
from dash_app.domain.ports import Session
from dash_app.domain.project import Right
from dash_app.domain.recommendation import Payload, Recommendation
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Site
from dash_app.workflows.board import Board, Measured, span_of
from pages.recommendations_address import Address, tab_names


def about_words(board: Board) -> str:
    """Return the line under the title: when the newest plan was computed, from which data, and when the next comes."""
    if not board.plans:
        return _("Nothing computed yet.")
    payload, zone = max(board.plans, key=lambda plan: plan.number).payload, board.zone
    until = data_until(payload)
    computed = since_words(payload.computed_at, board.now, zone)
    words = _("Computed %(time)s", time=computed)
    if until is not None:
        words = _("%(words)s from data until %(time)s", words=words, time=since_words(until, board.now, zone))
    if board.next_at is None:
        return words
    return _("%(words)s, next at %(time)s", words=words, time=clock_time(board.next_at, zone))


def data_until(payload: Payload) -> datetime | None:
    """Return the newest moment that all measured inputs reach (prices reach into the future and do not count)."""
    measured = [used.newest for used in payload.inputs if used.newest <= payload.computed_at]
    return min(measured, default=None)


def goal_options(site: Site | None) -> list[dict[str, Any]]:
    """Return the goals; CO2 is disabled, with the reason, where the site has no CO2 series."""
    has_co2 = site is not None and site.has_co2
    co2 = goal_words(Objective.CO2)
    reason = _("%(goal)s: no CO₂ data for this project.", goal=co2)
    return [
        {"label": goal_words(Objective.COST), "value": Objective.COST.value},
        {"label": co2 if has_co2 else reason, "value": Objective.CO2.value, "disabled": not has_co2},
    ]


def alarm_strips(board: Board, address: Address) -> list[Any]:
    """Return what went wrong with planning, and what of the address was not understood."""
    strips: list[Any] = []
    if board.alarm is not None:
        at = since_words(board.alarm.at, board.now, board.zone)
        words = _("No new plan since %(time)s: %(why)s", time=at, why=board.alarm.message)
        strips.append(banner(words, Tone.WARNING, Icon.EXCLAMATION_TRIANGLE))
    unknown = [*address.unknown]
    if address.number is not None and board.find(address.number) is None:
        unknown.append(f"R-{address.number}")
    if unknown:
        strips.append(banner(_("Not known here: %(what)s.", what=", ".join(unknown))))
    return strips


def comparison_view(plan: Recommendation, board: Board) -> html.Section:
    """Return what the site costs with nothing done, under its own rules, and under this plan; and what that saves."""
    payload = plan.payload
    until = moment_words(payload.steps[-1].end, board.zone)
    title = _("Cost until %(time)s", time=until)
    note = _("energy, grid fees and battery wear; stored energy valued")
    head = html.Div([html.H2(title, className="sb-card-title"), html.Span(note)], className="sb-compare-head")
    left = html.Div([head, comparison_bars(_ways(payload)), *_co2_line(payload, board.site)])
    return html.Section(
        [left, html.Div(_saved(payload), className="sb-compare-saved")],
        className="sb-card sb-compare",
        **aria(label=title),
    )


def _ways(payload: Payload) -> list[Compared]:
    ways = (
        (_("Do nothing"), payload.without_battery.cost, False),
        (_("Rules running now"), payload.self_consumption.cost, False),
        (_("This plan"), payload.expected.cost, True),
    )
    return [
        Compared(name=name, amount=cost, text=money(cost, payload.currency), ours=ours) for name, cost, ours in ways
    ]


def _saved(payload: Payload) -> list[Any]:
    saved = saving(payload)
    against_rules = payload.self_consumption.cost - payload.expected.cost
    words = _("Against the rules running now: %(amount)s", amount=money(against_rules, payload.currency))
    parts: list[Any] = [
        html.P(_("Saves against doing nothing"), className="sb-kpi-label"),
        html.P(money(saved, payload.currency), className="sb-compare-money", **data(value=repr(saved))),
        html.P(words, className="sb-card-meta"),
    ]
    if saved < 0:
        parts.append(badge(_("Costs more than doing nothing"), Tone.WARNING))
    return parts


def _co2_line(payload: Payload, site: Site | None) -> list[Any]:
    change = co2_change_kg(payload)
    if change is None:
        reason = _("No CO₂ data for this project.") if site is None or not site.has_co2 else _("CO₂ not counted here.")
        return [html.P(reason, className="sb-compare-co2")]
    without, with_plan = payload.without_battery.co2_kg, payload.expected.co2_kg
    words = _(
        "CO₂: %(without)s without, %(with_plan)s with the plan (%(change)s)",
        without=with_unit(without, "kg", 0),
        with_plan=with_unit(with_plan, "kg", 0),
        change=signed(change, "kg", 0),
    )
    return [html.P(words, className="sb-compare-co2")]


def tabs_view(address: Address, plan: Recommendation, pathname: str, address_id: str) -> html.Nav:
    """Return the tabs as links: they are part of the address."""
    entries = [
        html.Li(
            html.A(
                name,
                href=pathname + address.query(tab=tab),
                className="sb-tabs-entry",
                **data(address=address_id),
                **(aria(current="page") if tab is address.tab else {}),
            )
        )
        for tab, name in tab_names().items()
    ]
    return html.Nav(html.Ul(entries), className="sb-tabs", **aria(label=_("About %(plan)s", plan=plan.label)))


def chart_view(plan: Recommendation, board: Board, measured: Measured | None) -> dict[str, Any]:
    """Return what goes into the chart's store."""
    start, end = span_of(plan, board.now)
    past = None
    if measured is not None and board.site is not None:
        past = Past(power=measured.power, soc=measured.soc, prices=measured.prices, step=board.site.plan_step)
    picture = PlanPicture(payload=plan.payload, start=start, end=end, now=board.now, zone=board.zone, past=past)
    return drawn(plan_figure(picture), height=HEIGHT, phone_height=PHONE_HEIGHT)


def caption_words(payload: Payload, simulated: bool) -> str:
    """Return the sentence under the chart, with the lowest and highest SoC and the grid's energies."""
    levels = [payload.soc_now, *(step.soc_end for step in payload.steps)]
    expected = payload.expected
    words = [
        _("Above zero comes in, below zero goes out. Every step balances; checked a second time independently."),
        _("SoC from %(low)s to %(high)s,", low=percent(min(levels)), high=percent(max(levels))),
        _("%(kwh)s imported,", kwh=with_unit(expected.import_kwh, "kWh")),
        _("%(kwh)s exported.", kwh=with_unit(expected.export_kwh, "kWh")),
    ]
    if payload.estimated_prices:
        words.append(estimated_words(payload.estimated_prices))
    if simulated:
        words.append(_("The battery is simulated."))
    return " ".join(words)


def reasons_view(plan: Recommendation, board: Board) -> list[html.Div]:
    """Return why, what limits it, and what if not."""
    payload = plan.payload
    limits = limit_words(payload, board.site.battery, board.zone) if board.site and board.site.battery else ""
    entries = (
        (_("Why"), why_words(payload)),
        (_("What limits it"), limits),
        (_("What if not"), without_words(payload)),
    )
    return [html.Div([html.H3(title), html.P(words)]) for title, words in entries]


def may_not_recompute(session: Session, board: Board) -> str:
    """Return why this person cannot recompute here, or nothing."""
    if board.site is None or not board.site.controllable:
        return _("No battery in this project.")
    project = session.project(board.project.project_id)
    if project is None or not project.allows(Right.RECOMPUTE):
        return _("Only analysts, operators and managers can recompute.")
    return ""
