"""Recommendations: what is proposed, what it means, and the decision on it; recompute with progress and Cancel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from dash import Dash, Input, Output, State, ctx, html, no_update

from components.graph import drawn_id, register_chart
from components.outage import OUTAGES, fault_banner, outage_inputs, outage_outputs, outage_state, register_outage
from components.states import not_set_up, saved_banner
from components.words import _
from dash_app.domain.jobs import Jobs
from dash_app.domain.ports import (
    Alarms,
    Audit,
    DispatcherLink,
    EnergyApi,
    Measurements,
    Recommendations,
    Session,
    Sessions,
    Sites,
    States,
)
from dash_app.domain.project import Right
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.time import Clock
from dash_app.workflows.board import (
    Board,
    BoardPorts,
    Measured,
    board_of,
    measured_before,
    record_of,
)
from dash_app.workflows.review import ReviewPorts
from dash_app.workflows.sign_in import reread
from pages import recommendations_decisions as decisions
from pages import recommendations_tabs as tabs
from pages import recommendations_views as views
from pages.recommendations_address import Address, Tab, parse_address
from pages.recommendations_cards import cards_view
from pages.recommendations_compute import Compute, register_job
from pages.recommendations_layout import CHART, OUTAGE, Id, page_layout

PATH = "/p/<project_id>/recommendations"
DECIDED = (Id.APPROVED, Id.REJECTED, Id.WITHDRAWN, Id.STOPPED)
log = structlog.get_logger()


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout()


def register(
    app: Dash,
    *,
    recommendations: Recommendations,
    sites: Sites,
    alarms: Alarms,
    jobs: Jobs,
    measurements: Measurements,
    states: States,
    audit: Audit,
    link: DispatcherLink,
    sessions: Sessions,
    api: EnergyApi,
    clock: Clock,
    who: Callable[[], Session],
    require: Callable[..., None],
    compute: Compute,
) -> None:
    """Put the page and its callbacks into `app`."""
    board_ports = BoardPorts(
        recommendations=recommendations,
        sites=sites,
        alarms=alarms,
        jobs=jobs,
        measurements=measurements,
        clock=clock,
    )
    review_ports = ReviewPorts(
        recommendations=recommendations,
        states=states,
        sites=sites,
        audit=audit,
        link=link,
        reread=partial(reread, sessions, api),
        clock=clock,
    )
    register_chart(app, CHART)
    register_outage(app, OUTAGE)
    _register_board(app, board_ports, who)
    register_job(app, board_ports, who, compute)
    decisions.register_decisions(app, board_ports, review_ports, who)
    require(Right.RECOMPUTE, Id.MADE, Id.CANCELLED)
    require(Right.APPROVE, Id.APPROVED, Id.REJECTED, Id.WITHDRAWN)
    require(Right.STOP, Id.STOPPED)


def _register_board(app: Dash, ports: BoardPorts, who: Callable[[], Session]) -> None:
    @app.callback(
        output=_board_outputs(),
        inputs={
            "search": Input(Id.ADDRESS, "search"),
            "tick": Input(Id.TICK, "n_intervals"),
            "done": Input(Id.DONE, "data"),
            "decided": [Input(name, "data") for name in DECIDED],
            **outage_inputs(OUTAGE),
        },
        state={
            "pathname": State(Id.ADDRESS, "pathname"),
            "seen": State(Id.SEEN, "data"),
            "asking": State(Id.DIALOG, "is_open"),
        },
    )
    def show_board(search: str, pathname: str, seen: Any, asking: bool | None, **_triggers: Any) -> dict[str, Any]:
        session = who()
        board, address = board_of(session, pathname, ports), parse_address(search)
        mark = seen_mark(board, search)
        if ctx.triggered_id == Id.TICK and (asking or mark == seen):
            return dict.fromkeys(_board_outputs(), no_update) | {"outage": outage_unchanged()}
        return board_view(session, board, address, pathname, ports) | {"seen": mark}


def board_view(session: Session, board: Board, address: Address, pathname: str, ports: BoardPorts) -> dict[str, Any]:
    """Return everything that is drawn from the board, by the names of the outputs."""
    plan = board.find(address.number) or board.find(None)
    head = {
        "about": views.about_words(board),
        "goals": views.goal_options(board.site),
        "strips": views.alarm_strips(board, address),
        "outage": outage_state(None),
    }
    if plan is None or board.site is None or not board.site.controllable:
        rest = dict.fromkeys(_board_outputs(), no_update)
        return rest | head | {"content_hidden": True, "nothing": nothing_view(board)}
    return head | plan_view(session, board, plan, address, pathname, ports)


def plan_view(
    session: Session, board: Board, plan: Recommendation, address: Address, pathname: str, ports: BoardPorts
) -> dict[str, Any]:
    """Return what is drawn of the open plan; without a server what was measured is left out, and said so."""
    charted = address.tab is Tab.PLAN
    measured, fault = _measured(session, board, plan, ports) if charted else (None, None)
    strips = views.alarm_strips(board, address) + (fault_banner(fault) if fault else [])
    if measured is not None and measured.saved:
        strips.append(saved_banner(measured.fetched_at, board.now, board.zone))
    battery = board.site.battery if board.site else None
    return {
        "strips": strips,
        "outage": outage_state(fault),
        "content_hidden": False,
        "nothing": None,
        "compare": views.comparison_view(plan, board),
        "cards": cards_view(board, plan, address, pathname, Id.ADDRESS),
        "tabs": views.tabs_view(address, plan, pathname, Id.ADDRESS),
        "chart_hidden": not charted,
        "drawn": views.chart_view(plan, board, measured) if charted else no_update,
        "caption": views.caption_words(plan.payload, battery is not None and battery.simulated),
        "reasons": views.reasons_view(plan, board),
        "body": _tab_body(plan, board, address, ports),
    }


def nothing_view(board: Board) -> html.Section:
    """Return the page's state without a plan: no battery, or nothing computed yet."""
    words = _("No battery in this project.")
    if board.next_at is not None:
        at = board.next_at.astimezone(board.zone).strftime("%H:%M")
        words = _("No recommendation yet. The next one is computed at %(time)s.", time=at)
    return html.Section(not_set_up(words), className="sb-card")


def seen_mark(board: Board, search: str | None) -> str:
    """Return a text that changes whenever the page would look different: plans, alarm, minute."""
    plans = ",".join(f"{plan.number}.{plan.version}" for plan in board.plans)
    return f"{search}|{plans}|{board.alarm.alarm_id if board.alarm else ''}|{board.now:%Y%m%d%H%M}"


def outage_unchanged() -> dict[str, Any]:
    """Return the outage strip as it is."""
    return dict.fromkeys(("hidden", "off", "beats"), no_update)


def _measured(
    session: Session, board: Board, plan: Recommendation, ports: BoardPorts
) -> tuple[Measured | None, Exception | None]:
    try:
        return measured_before(session, board, plan, ports), None
    except OUTAGES as fault:
        log.warning("plan without measurements", reason=str(fault), project=board.project.project_id)
        return None, fault


def _tab_body(plan: Recommendation, board: Board, address: Address, ports: BoardPorts) -> Any:
    match address.tab:
        case Tab.PLAN:
            return None
        case Tab.WHY:
            return tabs.why_view(plan, board)
        case Tab.TABLE:
            return tabs.table_view(plan, board)
        case Tab.INPUTS:
            return tabs.inputs_view(plan, board)
        case Tab.DECISIONS:
            return tabs.decisions_view(plan, board, record_of(plan, ports))


def _board_outputs() -> dict[str, Any]:
    return {
        "about": Output(Id.ABOUT, "children"),
        "goals": Output(Id.GOAL, "options"),
        "strips": Output(Id.STRIPS, "children"),
        "outage": outage_outputs(OUTAGE),
        "content_hidden": Output(Id.CONTENT, "hidden"),
        "nothing": Output(Id.NOTHING, "children"),
        "compare": Output(Id.COMPARE, "children"),
        "cards": Output(Id.CARDS, "children"),
        "tabs": Output(Id.TABS, "children"),
        "chart_hidden": Output(Id.CHART_FRAME, "hidden"),
        "drawn": Output(drawn_id(CHART), "data"),
        "caption": Output(Id.CAPTION, "children"),
        "reasons": Output(Id.REASONS, "children"),
        "body": Output(Id.TAB_BODY, "children"),
        "seen": Output(Id.SEEN, "data"),
    }
