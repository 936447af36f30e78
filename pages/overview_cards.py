"""The overview's cards beside the charts: what happens now, what waits, the arrays, where the energy came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from dash import html

from components.badges import Tone, badge
from components.cards import card
from components.icons import Icon, icon
from components.now_bar import now_bar, residual_badge
from components.numbers import day_words, duration, moment_words, money, percent, period_words, since_words, with_unit
from components.share_bar import Part, list_bar, split_bar
from components.states import empty, not_set_up
from components.words import _, ngettext
from dash_app.domain.kpi import Kpis
from dash_app.domain.now import NowBalance
from dash_app.domain.recommendation import Recommendation, State
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Quantity
from dash_app.domain.view import View
from dash_app.workflows.measured import Place
from dash_app.workflows.overview import Overview
from pages.figure_words import at_least
from pages.overview_yield import specific_yield_words

NOTHING_KWH = 0.05
"""Less than this is not worth a bar."""


def now_card(balance: NowBalance, place: Place) -> html.Section:
    """Return the Now card: In and Out with what is not accounted for."""
    measured = balance.newest is not None and (balance.in_kw or balance.out_kw)
    meta = _("Measured %(time)s", time=since_words(balance.newest, balance.at, place.zone)) if balance.newest else ""
    body = now_bar(balance, simulated=place.simulated) if measured else empty(_("No value at this moment."))
    return card(_("Now"), body, meta=meta, actions=residual_badge(balance), class_name="sb-now-card")


def now_unknown_card() -> html.Section:
    """Return the Now card while the server cannot be asked: nothing old is shown as now."""
    return card(_("Now"), empty(_("No value at this moment.")), class_name="sb-now-card")


def action_card(overview: Overview) -> html.Section:
    """Return what waits for a decision, or who decides now."""
    place, now = overview.place, overview.view.now
    if place.site is None or not place.site.controllable:
        return card(_("Next action"), not_set_up(_("No battery in this project.")), class_name="sb-action")
    waiting = [r for r in overview.recommendations if r.state is State.PROPOSED and r.payload.expires_at > now]
    if not waiting:
        return _nothing_waits(overview)
    first = min(waiting, key=lambda recommendation: recommendation.payload.expires_at)
    left = duration(first.payload.expires_at - now)
    title = ngettext("%(num)d recommendation waits", "%(num)d recommendations wait", len(waiting))
    body = [
        html.P(title, className="sb-emphasis"),
        html.P(_saving(first, place), className="sb-muted"),
        _review(_("Review"), place, primary=True),
    ]
    expiry = badge(_("%(label)s expires in %(left)s", label=first.label, left=left), Tone.WARNING, Icon.CLOCK)
    return card(_("Next action"), body, actions=expiry, class_name="sb-action")


def arrays_card(overview: Overview) -> html.Section:
    """Return the energy and the newest power of each array (of each meter where there is no PV)."""
    quantity, view = _broken_down(overview.place), overview.view
    measurands = overview.place.of(quantity)
    figures = [(m.name, overview.part_kpis(m)) for m in measurands]
    largest = max([NOTHING_KWH, *(known.total_kwh or 0.0 for _name, known in figures)])
    rows = [
        list_bar(
            name,
            None if known.total_kwh is None else known.total_kwh / largest,
            at_least(known, with_unit(known.total_kwh, "kWh")),
            with_unit(known.current_kw, "kW"),
            "pv" if quantity is Quantity.PV_KW else "neutral",
        )
        for name, known in figures
    ]
    title, meta = _arrays_words(quantity, view)
    body: list[Any] = [html.Ul(rows, className="sb-list-bars") if rows else not_set_up(_("Nothing is measured here."))]
    if quantity is Quantity.PV_KW:
        total = sum(known.total_kwh for _name, known in figures if known.total_kwh is not None)
        words = specific_yield_words(overview, total, _("today") if view.holds_today else _period(view))
        body.append(html.Div(words, className="sb-specific-yield"))
    return card(title, body, meta=meta, caption=_silent_words(figures) if view.holds_today else "")


def _broken_down(place: Place) -> Quantity:
    return Quantity.PV_KW if place.of(Quantity.PV_KW) else Quantity.LOAD_KW


def _arrays_words(quantity: Quantity, view: View) -> tuple[str, str]:
    of_pv = quantity is Quantity.PV_KW
    if view.holds_today:
        return _("Today by array") if of_pv else _("Today by meter"), _("kWh since midnight · kW newest")
    return _("By array") if of_pv else _("By meter"), _("kWh %(period)s · kW last", period=_period(view))


def sources_card(overview: Overview) -> html.Section:
    """Return where the load's energy came from, as one labelled bar."""
    sources = overview.sources()
    title, meta = _("Where the load's energy came from"), _("kWh %(period)s", period=_period(overview.view))
    if sources is None or not sources.total_kwh:
        return card(title, empty(_("Known for ranges of up to a month with a measured load.")), meta=meta)
    battery = _("Simulated battery") if overview.place.simulated else _("Battery")
    amounts = [
        ("pv", _("PV direct"), sources.pv_kwh, overview.place.of(Quantity.PV_KW)),
        ("discharge", battery, sources.battery_kwh, overview.place.of(Quantity.DISCHARGE_KW)),
        ("import", _("Grid"), sources.grid_kwh, (None,)),
    ]
    shares = [(look, name, kwh, percent(kwh / sources.total_kwh)) for look, name, kwh, there in amounts if there]
    parts = [Part(look=look, name=name, amount=kwh, text=share) for look, name, kwh, share in shares]
    rows = [
        list_bar(name, kwh / sources.total_kwh, with_unit(kwh, "kWh"), share, look) for look, name, kwh, share in shares
    ]
    body = [split_bar(parts, title, keys=False), html.Ul(rows, className="sb-list-bars")]
    caption = _("PV counts first, then the battery, the rest came from the grid.")
    if sources.missing_h:
        caption += " " + _("%(hours)s are left out: values are missing.", hours=with_unit(sources.missing_h, "h", 1))
    return card(title, body, meta=meta, caption=caption)


def _nothing_waits(overview: Overview) -> html.Section:
    active = next((r for r in overview.recommendations if r.state in {State.ACTIVE, State.APPROVED}), None)
    title = _("Nothing waits for a decision")
    words = _("The battery follows its own rules until a plan is approved.")
    if active is not None:
        ends = since_words(active.payload.steps[-1].end, overview.view.now, overview.view.zone)
        words = _("%(label)s is approved and runs until %(ends)s.", label=active.label, ends=ends)
    body = [
        html.P(title, className="sb-emphasis"),
        html.P(words, className="sb-muted"),
        _review(_("Recommendations"), overview.place, primary=False),
    ]
    return card(_("Next action"), body, class_name="sb-action")


def _review(words: str, place: Place, *, primary: bool) -> html.A:
    kind = "btn-primary" if primary else "sb-secondary"
    href = f"/p/{quote(place.project.project_id, safe='')}/recommendations"
    return html.A([words, icon(Icon.ARROW_RIGHT)], href=href, className=f"btn {kind}")


def _saving(recommendation: Recommendation, place: Place) -> str:
    payload = recommendation.payload
    until = moment_words(payload.steps[-1].end, place.zone)
    battery = _("the simulated battery") if place.simulated else _("the battery")
    saved = payload.without_battery.cost - payload.expected.cost
    facts = {"label": recommendation.label, "until": until, "battery": battery}
    if payload.objective is Objective.CO2 and payload.expected.co2_kg is not None:
        less = (payload.without_battery.co2_kg or 0.0) - payload.expected.co2_kg
        text = _("Following %(label)s avoids %(amount)s CO₂ until %(until)s, against leaving %(battery)s unused.")
        return text % {**facts, "amount": with_unit(less, "kg")}
    text = _("Following %(label)s saves %(amount)s until %(until)s, against leaving %(battery)s unused.")
    return text % {**facts, "amount": money(saved, payload.currency)}


def _silent_words(figures: Sequence[tuple[str, Kpis]]) -> str:
    silent = [name for name, known in figures if known.current_at is None or known.coverage.silent]
    if silent:
        return _("Silent now: %(names)s.", names=", ".join(silent))
    return ngettext("The one there is reports.", "All %(num)d report.", len(figures))


def _period(view: View) -> str:
    return _("since %(day)s", day=day_words(view.first)) if view.holds_today else period_words(view.first, view.last)
