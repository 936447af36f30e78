"""The bell of the header: how many notices of the project wait for somebody, and the way to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dash import Dash, Input, Output

from components.notice_list import notice_bell
from dash_app import navigation
from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.notices import Notices
from dash_app.domain.ports import Session
from dash_app.payload import project_of
from dash_app.workflows.notices import reach

BELL_ID = "shell-bell"


def register_bell(app: Dash, who: Callable[[], Session], notices: Notices, *, tick: str, address: str) -> None:
    """Add the bell's callback: drawn anew with every tick and every address."""

    @app.callback(Output(BELL_ID, "children"), Input(tick, "n_intervals"), Input(address, "pathname"))
    def show_bell(_beat: int | None, pathname: str) -> Any:
        return bell_view(notices, who(), pathname)


def bell_view(notices: Notices, session: Session, pathname: str) -> Any:
    """Return how many notices of the project wait, as a link to them; nothing outside of a project."""
    project_id = project_of(pathname)
    project = session.project(project_id) if project_id is not None else None
    if project is None:
        return None
    try:
        waiting = notices.count_open(reach(project))
    except StoreUnavailable:
        waiting = 0
    return notice_bell(waiting, navigation.address(navigation.NOTICES.path, project.project_id))
