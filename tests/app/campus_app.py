"""The whole app in front of the campus, for tests of pages; `python -m tests.app.campus_app PORT` shows it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

from dash import Dash
from flask.testing import FlaskClient

from dash_app.app import create_app
from dash_app.domain.site import Site
from tests.app.building import MANAGER, PASSWORD, build, sign_in
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.campus import NOW, CampusMeasurements, plan, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore


@dataclass(frozen=True)
class Campus:
    """The app with everything it was built from."""

    app: Dash
    clock: FakeClock
    measurements: CampusMeasurements
    store: FakeStore

    def signed_in(self) -> FlaskClient:
        client = self.app.server.test_client()
        assert sign_in(client, MANAGER).status_code == 303
        return client


def build_campus(*, planned: bool = True, place: Site | None = None) -> Campus:
    """Return the app of one manager and the campus; `planned` puts one recommendation into the store."""
    clock = FakeClock(NOW)
    api, store, measurements = FakeEnergyApi(clock), FakeStore(clock), CampusMeasurements(clock)
    api.add_person(MANAGER, PASSWORD, project())
    if planned:
        store.recommendations.add(plan(), by="planner@example.org")
    workspace = replace(
        build().workspace,
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(place or site()),
        sessions=store.sessions,
        recommendations=store.recommendations,
    )
    return Campus(create_app(workspace), clock, measurements, store)


if __name__ == "__main__":
    build_campus().app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
