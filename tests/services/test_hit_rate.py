"""The hit rate over a scripted day: three people, five projects, eight pages each, every kind of range, two sign-ins.

Run with `-s` to see the rates by kind.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dash_app.domain.address import parse_view
from dash_app.domain.ports import CacheKind, CacheStats, Session
from dash_app.domain.project import Project, ProjectType
from dash_app.workflows.measured import Place, load_window
from dash_app.workflows.prefetch import prefetch_last_used
from services.cache import DiskStore
from services.energy_api import HttpEnergyApi
from services.measurements import CachedMeasurements
from tests.fakes.clock import FakeClock
from tests.services.conftest import NOW
from tests.services.stub_api import EVERYTHING, PASSWORD, StubApi, serving

USERS = ("ada@example.org", "bob@example.org", "charlie@example.org")
PROJECTS = tuple(f"p{number}" for number in range(1, 6))
PAGES, RANGES = 8, ("", "?range=day", "?range=week", "?range=month")
CLICK = timedelta(minutes=15)
MORNING = datetime(2026, 11, 3, 7, tzinfo=NOW.tzinfo)
ZONE = ZoneInfo("Europe/Berlin")
BAR = 0.90


@dataclass
class Day:
    """The stub, the cache before it, and what the people do."""

    stub: StubApi
    clock: FakeClock
    measurements: CachedMeasurements

    def sign_in(self, api: HttpEnergyApi, email: str, last_used: str) -> Session:
        """Sign in as the app does: expired rows go, the project used last is prefetched behind."""
        found = api.sign_in(email, PASSWORD)
        self.measurements.purge_expired()
        mine = Session(
            session_id=email,
            person=replace(found.person, user_id=email),
            projects=found.projects,
            token=found.token,
            opened_at=self.clock(),
            expires_at=self.clock() + timedelta(hours=12),
        )
        prefetch_last_used(self.measurements, mine, last_used, clock=self.clock, run=lambda work: work())
        return mine

    def click(self, mine: Session, project_id: str, search: str) -> None:
        """Open a page: its head, its first drawing, the live values and the prices."""
        project = mine.project(project_id)
        assert project is not None
        self.stub.keep_measuring()
        listed = self.measurements.measurands(mine, project)
        place = Place(project=project, site=None, measurands=listed, zone=ZONE)
        view = parse_view(search, now=self.clock(), zone=ZONE, native=timedelta(minutes=15))
        load_window(mine, place, view, opening=True, measurements=self.measurements)
        self.measurements.live(mine, project)
        self.measurements.live(mine, project)  # the frame asks as well, within the same second
        self.measurements.prices(mine, project_id, view.start, view.until)
        self.clock.advance(CLICK)


class Measuring(StubApi):
    """A stub whose meters go on measuring."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock, *EVERYTHING)
        self.projects = {name: ["1", 2] for name in PROJECTS}
        self.people = dict.fromkeys(USERS, PASSWORD)
        self.measured_until = clock() - timedelta(days=36)
        self.keep_measuring()

    def keep_measuring(self) -> None:
        if self.clock() > self.measured_until:
            for name in ("1", "2"):
                self.measure(name, 5.0, since=self.clock() - self.measured_until)
            self.measured_until = self.clock() - timedelta(minutes=15)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    clock = FakeClock(MORNING)
    with serving(Measuring(clock)) as stub:
        api = HttpEnergyApi(stub.url, clock=clock)
        store = DiskStore(tmp_path, clock=clock)
        measurements = CachedMeasurements(
            api,
            store,
            clock=clock,
            timeout=timedelta(minutes=3000),
            run=lambda work: work(),
            look_ahead=timedelta(days=31),
        )
        yield Day(stub, clock, measurements)


def told(stats: CacheStats, title: str) -> str:
    """Return the rates by kind."""
    rates = ", ".join(f"{one.kind.value} {one.hits}/{one.asked}" for one in stats.kinds)
    return f"\n{title}: {stats.hits}/{stats.openings} openings = {stats.hit_rate:.3f}; by kind: {rates}\n"


def test_nine_of_ten_openings_of_a_scripted_day_need_no_call(day: Day) -> None:
    """120 clicks: each page of each project once, its range in turn; the day before they had used p1."""
    api = HttpEnergyApi(day.stub.url, clock=day.clock)
    sessions = {email: day.sign_in(api, email, "p1") for email in USERS}
    for half, projects in enumerate((PROJECTS[:3], PROJECTS[3:])):
        if half:
            sessions = {email: day.sign_in(api, email, PROJECTS[2]) for email in USERS}
        for project_id in projects:
            for page in range(PAGES):
                for email in USERS:
                    day.click(sessions[email], project_id, RANGES[page % len(RANGES)])
    stats = day.measurements.stats()
    sys.stdout.write(told(stats, "every page once"))
    assert stats.openings == len(USERS) * len(PROJECTS) * PAGES
    assert (stats.hit_rate or 0) >= BAR
    assert {one.kind for one in stats.kinds if one.asked} == set(CacheKind)


def test_one_person_opens_every_page_in_every_range(day: Day) -> None:
    """160 clicks take 40 h: two days become past on the way."""
    mine = day.sign_in(HttpEnergyApi(day.stub.url, clock=day.clock), USERS[0], "")
    for project_id in PROJECTS:
        for _page in range(PAGES):
            for search in RANGES:
                day.click(mine, project_id, search)
    stats = day.measurements.stats()
    sys.stdout.write(told(stats, "every page in every range"))
    assert stats.openings == 160
    assert stats.openings - stats.hits == len(PROJECTS), "nothing but the first opening of each project"


def test_an_opening_whose_past_days_had_to_be_fetched_is_no_hit(day: Day) -> None:
    measurements = CachedMeasurements(
        day.measurements._api, day.measurements._store, clock=day.clock, timeout=timedelta(minutes=3000)
    )
    plain = Day(day.stub, day.clock, measurements)
    mine = plain.sign_in(HttpEnergyApi(day.stub.url, clock=day.clock), USERS[0], "p1")
    for search, hits in (("", 1), ("?range=month", 1), ("?range=month", 2)):
        plain.click(mine, "p1", search)
        assert measurements.stats().hits == hits, search


def test_a_project_of_somebody_else_is_still_not_there(day: Day) -> None:
    mine = day.sign_in(HttpEnergyApi(day.stub.url, clock=day.clock), USERS[0], "p1")
    foreign = Project(project_id="p9", name="x", type=ProjectType.PV, measurand_ids=("1",))
    with pytest.raises(Exception, match="p9"):
        day.measurements.open_project(mine, foreign)
    assert day.measurements.stats().openings == 0
