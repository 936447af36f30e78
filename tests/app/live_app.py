"""The whole app on an afternoon at the campus, one person per role; `python -m tests.app.live_app PORT` runs it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from dash import Dash
from flask.testing import FlaskClient

from dash_app.app import create_app
from dash_app.domain.dispatch import DeviceRules
from dash_app.domain.project import Role
from dash_app.domain.site import Site
from tests.app.building import PASSWORD, build, sign_in
from tests.fakes.afternoon import MAX, afternoon
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.campus import NOW, CampusMeasurements, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeLink, FakeStore

RULES = DeviceRules(tolerance_kw=1.5, watchdog_s=60, refresh_s=25)
PEOPLE = {
    Role.VIEWER: "vic@example.org",
    Role.ANALYST: "ada@example.org",
    Role.OPERATOR: "ole@example.org",
    Role.MANAGER: MAX,
    Role.ADMIN: "amy@example.org",
}


@dataclass(frozen=True)
class LiveApp:
    """The app with everything it was built from."""

    app: Dash
    clock: FakeClock
    measurements: CampusMeasurements
    store: FakeStore
    link: FakeLink

    def signed_in(self, role: Role = Role.MANAGER) -> FlaskClient:
        client = self.app.server.test_client()
        assert sign_in(client, PEOPLE[role]).status_code == 303
        return client


def build_live(*, dispatched: bool = True, place: Site | None = None) -> LiveApp:
    """Return the app; `dispatched` puts the afternoon into the store."""
    clock, link = FakeClock(NOW), FakeLink()
    api, store, measurements = FakeEnergyApi(clock), FakeStore(clock), CampusMeasurements(clock)
    if dispatched:
        afternoon(store, clock)
    for role, email in PEOPLE.items():
        api.add_person(email, PASSWORD, project(role))
    ports = {name: getattr(store, name) for name in ("sessions", "recommendations", "ledger", "leases", "audit")}
    ports |= {name: getattr(store, name) for name in ("alarms", "states", "jobs")}
    workspace = replace(
        build().workspace,
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(place or site()),
        link=link,
        rules={"monash-ess1": RULES}.get,
        **ports,
    )
    return LiveApp(create_app(workspace), clock, measurements, store, link)


if __name__ == "__main__":
    build_live().app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
