"""The live page: what the site does now, who is in control, and what happened to every set-point; and Stop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from dash import Dash, Input, Output, State, html, no_update

from components.cards import chart_parts
from components.graph import drawn_id, register_chart
from components.words import _
from dash_app.domain import ports
from dash_app.domain.dispatch import DeviceRules
from dash_app.domain.errors import ApiError, DecisionConflict, PlanRejected, SessionEnded, StoreUnavailable
from dash_app.domain.project import Right
from dash_app.domain.time import Clock
from dash_app.workflows.live import Live, LivePorts, look
from dash_app.workflows.live_tracking import track
from dash_app.workflows.review import ReviewPorts, stop
from dash_app.workflows.sign_in import reread
from pages import live_views as views
from pages.live_layout import CHART, Id, layout
from pages.live_limits import limits_card
from pages.range_page import drawn_safely

PATH = "/p/<project_id>/live"
__all__ = ["PATH", "Id", "layout", "register"]
log = structlog.get_logger()


def live_view(live: Live) -> dict[str, Any]:
    """Return what the poll fills, by the names of its outputs."""
    nothing = live.place.site is None or not live.place.site.controllable
    control = views.control_view(live)
    reason = views.stop_reason(live)
    return {
        "head": views.head_view(live),
        "banners": [] if nothing else drawn_safely(lambda: views.banners(live)),
        "nothing": views.no_battery_view() if nothing else None,
        "hidden": nothing,
        "now": drawn_safely(lambda: views.now_view(live)),
        "control": [html.P(control.title, className="sb-emphasis"), html.P(control.words, className="sb-muted")],
        "badge": control.badge,
        "chain": drawn_safely(lambda: views.chain_card(live)),
        "limits": drawn_safely(lambda: limits_card(live)),
        "stop_off": bool(reason),
        "reason": reason,
    }


def stop_view(reviewed: ReviewPorts, given: LivePorts, session: ports.Session, pathname: str) -> html.Div:
    """Stop the project's battery and say what that did, whatever failed on the way."""
    live = look(given, session, pathname)
    try:
        return views.stopped_view(stop(reviewed, session, live.place.project.project_id), live)
    except (StoreUnavailable, DecisionConflict) as fault:
        log.error("stop not recorded", reason=str(fault), who=session.person.email)
        return views.unrecorded_view(fault, live)


def chart_view(given: LivePorts, session: ports.Session, pathname: str) -> dict[str, Any]:
    """Return what the chart's card is filled with; what cannot be read leaves the chart as it is."""
    nothing = dict.fromkeys(("drawn", "meta", "legend", "caption"), no_update)
    try:
        tracking, place = track(given, session, pathname)
    except SessionEnded:
        raise
    except (ApiError, StoreUnavailable, PlanRejected) as fault:
        log.warning("live chart without new data", reason=str(fault), pathname=pathname)
        return {**nothing, "caption": _("No new values: %(why)s", why=str(fault))}
    return nothing if tracking is None else views.chart_view(tracking, place)


def register(
    app: Dash,
    *,
    measurements: ports.Measurements,
    sites: ports.Sites,
    recommendations: ports.Recommendations,
    ledger: ports.Ledger,
    states: ports.States,
    alarms: ports.Alarms,
    audit: ports.Audit,
    link: ports.DispatcherLink,
    sessions: ports.Sessions,
    api: ports.EnergyApi,
    clock: Clock,
    rules: Callable[[str], DeviceRules | None],
    who: Callable[[], ports.Session],
    require: Callable[..., None],
) -> None:
    """Put the page and its callbacks into `app`."""
    shared: dict[str, Any] = {"recommendations": recommendations, "states": states, "sites": sites, "clock": clock}
    given = LivePorts(measurements=measurements, ledger=ledger, alarms=alarms, rules=rules, **shared)
    reviewed = ReviewPorts(audit=audit, link=link, reread=partial(reread, sessions, api), **shared)
    register_chart(app, CHART)
    _register_dialog(app)

    @app.callback(
        output=_outputs(),
        inputs={"tick": Input(Id.TICK, "n_intervals"), "outcome": Input(Id.OUTCOME, "children")},
        state={"pathname": State(Id.ADDRESS, "pathname")},
    )
    def show_live(pathname: str, **_triggers: Any) -> dict[str, Any]:
        return live_view(look(given, who(), pathname))

    @app.callback(
        output=_chart_outputs(),
        inputs=[Input(Id.CHART_TICK, "n_intervals"), Input(Id.OUTCOME, "children")],
        state=[State(Id.ADDRESS, "pathname")],
    )
    def show_chart(_tick: int | None, _outcome: Any, pathname: str) -> dict[str, Any]:
        return chart_view(given, who(), pathname)

    @app.callback(
        Output(Id.OUTCOME, "children"),
        Input(Id.CONFIRM, "n_clicks"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
        running=[(Output(Id.CONFIRM, "disabled"), True, False)],
    )
    def stop_now(clicks: int | None, pathname: str) -> Any:
        return stop_view(reviewed, given, who(), pathname) if clicks else no_update

    require(Right.STOP, Id.OUTCOME)


def _register_dialog(app: Dash) -> None:
    """Open and close the confirming step in the browser; nothing is refreshed while it is open."""
    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        "function () { return window.dash_clientside.callback_context.triggered_id === 'live-stop'; }",
        Output(Id.DIALOG, "is_open"),
        Input(Id.STOP, "n_clicks"),
        Input(Id.CANCEL, "n_clicks"),
        Input(Id.OUTCOME, "children"),
        prevent_initial_call=True,
    )
    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        "function (open) { return [Boolean(open), Boolean(open)]; }",
        Output(Id.TICK, "disabled"),
        Output(Id.CHART_TICK, "disabled"),
        Input(Id.DIALOG, "is_open"),
    )


def _outputs() -> dict[str, Output]:
    return {
        "head": Output(Id.HEAD, "children"),
        "banners": Output(Id.BANNERS, "children"),
        "nothing": Output(Id.NOTHING, "children"),
        "hidden": Output(Id.CONTENT, "hidden"),
        "now": Output(Id.NOW, "children"),
        "control": Output(Id.CONTROL, "children"),
        "badge": Output(Id.CONTROL_BADGE, "children"),
        "chain": Output(Id.CHAIN, "children"),
        "limits": Output(Id.LIMITS, "children"),
        "stop_off": Output(Id.STOP, "disabled"),
        "reason": Output(Id.REASON, "children"),
    }


def _chart_outputs() -> dict[str, Output]:
    parts = {part: Output(part_id, "children") for part, part_id in chart_parts(CHART).items()}
    return {"drawn": Output(drawn_id(CHART), "data"), **parts}
