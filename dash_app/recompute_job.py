"""Recompute as it runs in the process of a job: as the person of the server's session, on that process' own ports."""

from __future__ import annotations

from collections.abc import Callable

from dash_app.domain.schedule import Objective
from dash_app.planner import plan_ports
from dash_app.workflows.recompute import recompute
from dash_app.workflows.sign_in import session_of
from dash_app.workspace import Workspace

Compute = Callable[[str, str, Objective], str]
"""Takes a session's id, a project's id and the goal; returns the id of the recommendation it wrote."""


def compute_for_session(workspace: Workspace, session_id: str, project_id: str, objective: Objective) -> str:
    """Compute as the person of a server-side session; return the id of the recommendation it wrote.

    Raises SessionEnded, NotFound, NotPermitted (rights are checked here again), and what `recompute` raises.
    """
    session = session_of(workspace.sessions, workspace.api, session_id, workspace.clock)
    made = recompute(plan_ports(workspace), workspace.jobs, workspace.audit, session, project_id, objective)
    return made.recommendation_id
