"""The whole app in front of the campus with plans to decide on: a manager, an analyst and a viewer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from dash import Dash
from flask.testing import FlaskClient

from dash_app.app import create_app
from dash_app.background import build_manager
from dash_app.domain.dispatch import Mode
from dash_app.domain.ports import EnergyApi
from dash_app.domain.project import Role
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Site
from dash_app.settings import Settings
from dash_app.workspace import Workspace
from services.store import open_store
from tests.app.building import ANALYST, MANAGER, PASSWORD, SECRET, VIEWER, output_of, payload, sign_in
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.campus import NOW, CampusMeasurements, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import a_telemetry
from tests.fakes.store import FakeJobs, FakeLink, FakeStore

PATH = "/p/monash/recommendations"
OPERATOR = "oda@example.org"


@dataclass(frozen=True)
class Decide:
    """The app with everything it was built from."""

    app: Dash
    clock: FakeClock
    api: EnergyApi
    measurements: CampusMeasurements
    store: FakeStore
    jobs: FakeJobs
    link: FakeLink

    def signed_in(self, email: str = MANAGER) -> FlaskClient:
        client = self.app.server.test_client()
        assert sign_in(client, email).status_code == 303
        return client

    def propose(self, payload: Payload, **more: Any) -> Any:
        return self.store.recommendations.add(payload, by="planner@example.org", **more)

    def battery_reports(self, **changes: Any) -> None:
        """Let the dispatcher have read the battery just now, fit for anything."""
        known = {"mode": Mode.LOCAL, "soc": 0.5, "max_charge_kw": 75.0, "max_discharge_kw": 75.0} | changes
        self.store.states.put_telemetry(a_telemetry(at=self.clock(), **known))


def build_decide(
    *plans: Payload,
    place: Site | None = None,
    background: Any = None,
    compute: Callable[[str, str, Objective], str] | None = None,
    **ports: Any,
) -> Decide:
    """Return the app with these plans proposed one after the other, and a battery that has just reported.

    `ports` replace fakes, by the workspace's names.
    """
    clock = FakeClock(NOW)
    api, store, measurements = FakeEnergyApi(clock), FakeStore(clock), CampusMeasurements(clock)
    jobs, link = FakeJobs(clock), FakeLink()
    for email, role in ((MANAGER, Role.MANAGER), (ANALYST, Role.ANALYST), (VIEWER, Role.VIEWER)):
        api.add_person(email, PASSWORD, project(role))
    api.add_person(OPERATOR, PASSWORD, project(Role.OPERATOR))
    workspace = Workspace(
        settings=Settings(secret_key=SECRET, _env_file=None),
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(place or site()),
        sessions=store.sessions,
        recommendations=store.recommendations,
        ledger=store.ledger,
        leases=store.leases,
        audit=store.audit,
        alarms=store.alarms,
        states=store.states,
        jobs=jobs,
        forecasts=store.forecasts,
        link=link,
        demo=True,
    )
    app = create_app(replace(workspace, **ports), background=background, compute=compute)
    decide = Decide(app, clock, api, measurements, store, jobs, link)
    for plan in plans:
        decide.propose(plan)
    decide.battery_reports()
    return decide


def decide_with_jobs(folder: Path, compute: Callable[[str, str, Objective], str], *plans: Payload) -> Decide:
    """Return the app with jobs in processes of their own; what those share with it is the real store in `folder`.

    `compute` is sent to them, so it must be picklable.
    """
    store = open_store(f"sqlite:///{folder}/plans.db", secret_key=SECRET)
    shared = {"sessions": store.sessions, "recommendations": store.recommendations, "jobs": store.jobs}
    background = build_manager(folder / "jobs", partial(_app_with_jobs, folder, compute))
    decide = build_decide(background=background, compute=compute, **shared)
    for plan in plans:
        store.recommendations.add(plan, by="planner@example.org")
    return decide


def _app_with_jobs(folder: Path, compute: Callable[[str, str, Objective], str]) -> Dash:
    return decide_with_jobs(folder, compute).app


def fresh(payload: Payload, left: timedelta = timedelta(minutes=12)) -> Payload:
    """Return the payload as one that can be approved for `left` from now on."""
    return replace(payload, expires_at=NOW + left)


def request(decide: Decide, part: str, trigger: str = "", **values: Any) -> dict[str, Any]:
    """Return the payload for the callback that writes `part`; `values` by the page's ids, `do_approve__n_clicks=1`."""
    given = {"address__pathname": PATH, "address__search": ""} | values
    known = {_name(key): value for key, value in given.items()}
    body = payload(decide.app, output_of(decide.app, f"recommendations-{part}"))
    for entry in (*body["inputs"], *body["state"]):
        entry["value"] = known.get(f"{entry['id']}.{entry['property']}")
    return body | {"changedPropIds": [f"recommendations-{trigger}"] if trigger else []}


def _name(key: str) -> str:
    part, prop = key.split("__")
    return f"recommendations-{part.replace('_', '-')}.{prop}"


def said(node: Any) -> str:
    """Return all text of a part as it travels to the browser, as a person reads it."""
    if isinstance(node, dict):
        return said(node.get("props", {}).get("children"))
    if isinstance(node, list):
        return " ".join(filter(None, (said(child).strip() for child in node)))
    return "" if node is None else str(node)
