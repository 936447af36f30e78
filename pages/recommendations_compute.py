"""The callbacks of Recompute: start it in a process of its own, show how far it is, cancel it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from dash import Dash, Input, Output, State, no_update

from dash_app.domain.errors import EnergyError
from dash_app.domain.ports import Session
from dash_app.domain.schedule import Objective
from dash_app.workflows.board import BoardPorts, board_of, project_of_path
from pages.recommendations_job import Clicked, job_view
from pages.recommendations_layout import Id
from pages.recommendations_views import may_not_recompute

log = structlog.get_logger()

Compute = Callable[[str, str, Objective], str]
"""Takes a session's id, a project's id and the goal; returns the id of the recommendation it wrote."""


def register_job(app: Dash, ports: BoardPorts, who: Callable[[], Session], compute: Compute) -> None:
    """Add the callbacks; the person is the one of the server's session, the project the one of the checked address.

    The strip does not wait for the job's own result: Dash would hold its callback back until that is there.
    """

    _register_start(app, who, compute)

    @app.callback(
        Output(Id.CLICKED, "data"),
        Input(Id.RECOMPUTE, "n_clicks"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
    )
    def keep_click(clicks: int | None, pathname: str) -> Any:
        newest = ports.jobs.newest(project_of_path(who(), pathname).project_id)
        before = newest.job_id if newest else ""
        return Clicked(at=ports.clock(), before=before).as_data() if clicks else no_update

    @app.callback(
        output=_job_outputs(),
        inputs={
            "clicked": Input(Id.CLICKED, "data"),
            "tick": Input(Id.JOB_TICK, "n_intervals"),
            "cancelled": Input(Id.CANCELLED, "data"),
            "slow": Input(Id.TICK, "n_intervals"),
        },
        state={"pathname": State(Id.ADDRESS, "pathname")},
    )
    def show_job(clicked: Any, pathname: str, **_triggers: Any) -> dict[str, Any]:
        session = who()
        board = board_of(session, pathname, ports)
        return job_view(board.job, Clicked.from_data(clicked), board.now, blocked=may_not_recompute(session, board))

    @app.callback(
        Output(Id.CANCELLED, "data"),
        Input(Id.CANCEL, "n_clicks"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
    )
    def cancel(clicks: int | None, pathname: str) -> Any:
        job = ports.jobs.newest(project_of_path(who(), pathname).project_id)
        if not clicks or job is None:
            return no_update
        ports.jobs.request_cancel(job.job_id)
        return job.job_id


def _register_start(app: Dash, who: Callable[[], Session], compute: Compute) -> None:
    """Add the background callback: it leaves its result in the store and returns only its id.

    It waits for the click to be kept: which job was the newest before is known before there can be a newer one.
    """

    @app.callback(
        Output(Id.MADE, "data"),
        Input(Id.CLICKED, "data"),
        State(Id.GOAL, "value"),
        State(Id.ADDRESS, "pathname"),
        background=True,
        prevent_initial_call=True,
    )
    def recompute_now(_clicked: Any, goal: str, pathname: str) -> str:
        session = who()
        try:
            return compute(session.session_id, project_of_path(session, pathname).project_id, Objective(goal))
        except EnergyError as error:
            log.warning("not recomputed", who=session.person.email, error=type(error).__name__, reason=str(error))
            return ""


def _job_outputs() -> dict[str, Any]:
    return {
        "hidden": Output(Id.JOB, "hidden"),
        "words": Output(Id.JOB_WORDS, "children"),
        "value": Output(Id.JOB_BAR, "value"),
        "cancel_off": Output(Id.CANCEL, "disabled"),
        "off": Output(Id.RECOMPUTE, "disabled"),
        "reason": Output(Id.RECOMPUTE_REASON, "children"),
        "tick_off": Output(Id.JOB_TICK, "disabled"),
        "ended": Output(Id.ENDED, "children"),
        "done": Output(Id.DONE, "data"),
    }
