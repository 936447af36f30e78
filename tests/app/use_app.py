"""The whole app in front of measurements from shipped files, for tests of pages about the use of energy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from dash import Dash
from flask.testing import FlaskClient

from dash_app.app import create_app
from dash_app.domain.project import ProjectType, Role
from dash_app.domain.site import Site
from tests.app.building import MANAGER, PASSWORD, build, call, output_of, payload, sign_in
from tests.fakes import files
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.clock import FakeClock
from tests.fakes.files import CAMBRIDGE_NOW, KONSTANZ_NOW, FileMeasurements
from tests.fakes.store import FakeStore


@dataclass(frozen=True)
class UseApp:
    """The app with everything it was built from."""

    app: Dash
    measurements: FileMeasurements
    client: FlaskClient

    def filled(self, page: str, search: str = "", *, before: bool | None = True) -> dict[str, Any]:
        """Return what fills a page over a range, as the browser gets it."""
        return fill(self.app, self.client, page, search, before=before)


def fill(
    app: Dash, client: FlaskClient, page: str, search: str = "", *, project: str = "p1", before: bool | None = True
) -> dict[str, Any]:
    """Return what fills a page over a range of a project; `before` says that it was drawn already."""
    body = payload(
        app,
        output_of(app, f"{page}-kpis.children"),
        **{
            f"{page}_address__pathname": f"/p/{project}/{page}",
            f"{page}_address__search": search,
            f"{page}_filled__data": before,
        },
    )
    answer = call(client, body)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json()["response"])


def build_use(at: str = "cambridge", *, site: Site | None = None) -> UseApp:
    """Return the app of one manager and one place: Cambridge b005 or the house in Konstanz."""
    cambridge = at == "cambridge"
    clock = FakeClock(CAMBRIDGE_NOW if cambridge else KONSTANZ_NOW)
    measurements: FileMeasurements = getattr(files, at)(clock)
    kind = ProjectType.TEMPERATURE if cambridge else ProjectType.ABNORMAL
    project = files.project_of(kind, *(m.measurand_id for m in measurements.listed))
    api, store = FakeEnergyApi(clock), FakeStore(clock)
    api.add_person(MANAGER, PASSWORD, replace(project, roles=frozenset({Role.MANAGER})))
    place = site or (files.cambridge_site() if cambridge else files.konstanz_site())
    workspace = replace(
        build().workspace,
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(place),
        sessions=store.sessions,
        recommendations=store.recommendations,
    )
    app = create_app(workspace)
    client = app.server.test_client()
    assert sign_in(client, MANAGER).status_code == 303
    return UseApp(app, measurements, client)
