"""The whole app in front of the campus with its battery; `python -m tests.app.battery_app PORT` shows it."""

from __future__ import annotations

import sys
from dataclasses import replace

from dash_app.app import create_app
from dash_app.domain.project import ProjectType
from dash_app.domain.recommendation import State
from dash_app.domain.site import Site
from tests.app.building import MANAGER, PASSWORD, build
from tests.app.campus_app import Campus
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.battery_campus import BatteryMeasurements, battery_plan, battery_project, battery_site
from tests.fakes.campus import NOW
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore


def build_battery(*, in_force: bool = True, place: Site | None = None, kind: ProjectType = ProjectType.PV) -> Campus:
    """Return the app of one manager and the campus; `in_force` approves one plan."""
    clock = FakeClock(NOW)
    api, store, measurements = FakeEnergyApi(clock), FakeStore(clock), BatteryMeasurements(clock)
    api.add_person(MANAGER, PASSWORD, battery_project(kind))
    if in_force:
        kept = store.recommendations.add(battery_plan(), by="planner@example.org")
        store.recommendations.move(
            kept.recommendation_id, version=kept.version, digest=kept.digest, before={kept.state},
            after=State.APPROVED, who=MANAGER,
        )  # fmt: skip
    workspace = replace(
        build().workspace,
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(place or battery_site()),
        sessions=store.sessions,
        recommendations=store.recommendations,
    )
    return Campus(create_app(workspace), clock, measurements, store)


if __name__ == "__main__":
    build_battery().app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
