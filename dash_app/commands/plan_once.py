"""`energy-dashboard plan --once PROJECT`: compute one recommendation now, as the service account."""

from __future__ import annotations

import sys

from dash_app import wiring
from dash_app.domain.schedule import Objective
from dash_app.planner import plan_ports
from dash_app.settings import Settings
from dash_app.workflows.plan import make_recommendation


def run_once(settings: Settings, project_id: str, objective: str) -> int:
    """Print the recommendation's payload as JSON and return 0; raise what `make_recommendation` raises."""
    workspace = wiring.build(settings, patient=True)
    made = make_recommendation(
        plan_ports(workspace),
        wiring.service_session(settings)(),
        project_id,
        Objective(objective),
        by="command line",
        progress=lambda fraction, word: None,
    )
    sys.stderr.write(f"{made.label} {made.state.value} until {made.payload.expires_at.isoformat()}\n")
    sys.stdout.write(made.payload.as_json() + "\n")
    return 0
