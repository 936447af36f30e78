"""The whole app on fakes: five projects, three people, a clock that stands still, and a test client that signs in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash
from flask.testing import FlaskClient
from plotly.utils import PlotlyJSONEncoder
from werkzeug.test import TestResponse

from dash_app.app import create_app
from dash_app.domain.notices import NoNotices, Notices
from dash_app.domain.project import Project, ProjectType, Role
from dash_app.domain.site import Battery, GridConnection, Measurand, PvArray, Quantity, Site
from dash_app.settings import Settings
from dash_app.workspace import Workspace
from tests.fakes.api import FakeEnergyApi, FakeMeasurements, FakeSites
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeJobs, FakeLink, FakeStore

SECRET = "a secret of the tests, long enough to sign with"
PASSWORD = "canary-password-7b31"
MANAGER, ANALYST, VIEWER = "max@example.org", "ada@example.org", "vic@example.org"
STEP = timedelta(minutes=5)
NAMES = {"monash": "Monash campus", "fontana1": "Fontana home 1", "b071": "Cambridge b071"}

KINDS = {
    "pv": Quantity.PV_KW,
    "load": Quantity.LOAD_KW,
    "charge": Quantity.CHARGE_KW,
    "discharge": Quantity.DISCHARGE_KW,
}


@dataclass(frozen=True)
class Building:
    """The app with everything it was built from, so that tests can look behind it."""

    app: Dash
    clock: FakeClock
    api: FakeEnergyApi
    measurements: FakeMeasurements
    store: FakeStore
    workspace: Workspace

    def client(self) -> FlaskClient:
        return self.app.server.test_client()

    def signed_in(self, email: str = MANAGER) -> FlaskClient:
        client = self.client()
        answer = sign_in(client, email)
        assert answer.status_code == 303, answer.get_data(as_text=True)
        return client


def build(names: dict[str, str] | None = None, *, notices: Notices | None = None, **settings: Any) -> Building:
    """Return an app in which Monash and Fontana have a battery, Cambridge b071 has only a load."""
    names = NAMES | (names or {})
    clock = FakeClock()
    api, store = FakeEnergyApi(clock), FakeStore(clock)
    api.measurands = tuple(_measurands("monash") + _measurands("fontana1") + _measurands("b071", "load"))
    for email, role in ((MANAGER, Role.MANAGER), (ANALYST, Role.ANALYST), (VIEWER, Role.VIEWER)):
        own = ("monash", "fontana1", "b071") if role is not Role.VIEWER else ("monash",)
        api.add_person(email, PASSWORD, *(_project(one, role, names[one]) for one in own))
    measurements = FakeMeasurements(api, clock)
    workspace = Workspace(
        settings=Settings(**{"secret_key": SECRET, "_env_file": None, **settings}),
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(*SITES),
        sessions=store.sessions,
        recommendations=store.recommendations,
        ledger=store.ledger,
        leases=store.leases,
        audit=store.audit,
        alarms=store.alarms,
        states=store.states,
        link=FakeLink(),
        jobs=FakeJobs(clock),
        notices=notices or NoNotices(),
        forecasts=store.forecasts,
        demo=True,
    )
    return Building(create_app(workspace), clock, api, measurements, store, workspace)


def sign_in(client: FlaskClient, email: str = MANAGER, password: str = PASSWORD, **fields: str) -> TestResponse:
    """Post the sign-in form as the page does."""
    page = client.get("/login").get_data(as_text=True)
    token = page.split('name="token" value="')[1].split('"')[0]
    return client.post("/login", data={"token": token, "email": email, "password": password, **fields})


def payload(app: Dash, output: str, **values: Any) -> dict[str, Any]:
    """Return the payload that a browser would send; `values` by `id.property`, with `_` for `-` and `__` for `.`."""
    declared = app.callback_map[output]
    known = {key.replace("__", ".").replace("_", "-"): value for key, value in values.items()}

    def filled(entry: dict[str, Any]) -> dict[str, Any]:
        return {**entry, "value": known.get(f"{entry['id']}.{entry['property']}")}

    return {
        "output": output,
        "outputs": _outputs(output),
        "inputs": [filled(one) for one in declared["inputs"]],
        "state": [filled(one) for one in declared["state"]],
        "changedPropIds": [],
    }


def output_of(app: Dash, part: str) -> str:
    """Return the key of the callback that writes `part` (id.property)."""
    return next(key for key in app.callback_map if part in key.strip(".").split("..."))


def call(client: FlaskClient, body: Any, **headers: str) -> TestResponse:
    """Send a payload as Dash's renderer does."""
    return client.post("/_dash-update-component", json=body, headers=headers)


def text_of(component: Any) -> str:
    """Return everything a component says, as the JSON that goes to the browser."""
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


def _outputs(output: str) -> Any:
    parts = [dict(zip(("id", "property"), key.rsplit(".", 1), strict=True)) for key in output.strip(".").split("...")]
    return parts if output.startswith("..") else parts[0]


def _project(project_id: str, role: Role, name: str) -> Project:
    kinds = tuple(KINDS) if project_id != "b071" else ("load",)
    return Project(
        project_id=project_id,
        name=name,
        type=ProjectType.NORMAL if project_id == "b071" else ProjectType.PV,
        measurand_ids=tuple(f"{project_id}-{kind}" for kind in kinds),
        roles=frozenset({role}),
    )


def _measurands(project_id: str, *kinds: str) -> list[Measurand]:
    return [
        Measurand(
            measurand_id=f"{project_id}-{kind}", code=kind, name=kind.title(), quantity=KINDS[kind], resolution=STEP
        )
        for kind in kinds or KINDS
    ]


def _site(project_id: str, place: str, pv: bool) -> Site:
    battery = Battery(
        battery_id="ess1", name="Battery 1", device_id=f"{project_id}-ess1", capacity_kwh=150, charge_kw=75,
        discharge_kw=75, charge_efficiency=0.92, discharge_efficiency=0.92, soc_min=0.1, soc_max=0.95, simulated=True,
    )  # fmt: skip
    return Site(
        project_id=project_id,
        name=project_id,
        timezone=ZoneInfo("Australia/Melbourne"),
        currency="AUD",
        latitude=-37.9,
        longitude=145.1,
        place=place,
        grid=GridConnection(import_limit_kw=300, export_limit_kw=150),
        battery=battery if pv else None,
        arrays=(PvArray(measurand_id=f"{project_id}-pv", name="Array 1", kwp=45),) if pv else (),
    )


SITES = (
    _site("monash", "Clayton, AU", True),
    _site("fontana1", "Fontana, US", True),
    _site("b071", "Cambridge, GB", False),
)
