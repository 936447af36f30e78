"""Whole fakes of the energy API and of the measurements behind the cache: deterministic, without any I/O.

One quarter hour is as good as another here: PV is 40 kW from 06:00 to 18:00 UTC and 0 otherwise, the load is 30 kW,
any SoC 0.5, everything else 0. Tests put other series in `values` and prices in `published`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from dash_app.domain.errors import ApiError, BadCredentials, NotFound, RejectedByApi, SessionEnded
from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.ports import ApiToken, CacheStats, Session, SignIn
from dash_app.domain.project import Person, Project, ProjectType, Role
from dash_app.domain.site import Measurand, Quantity, Site
from dash_app.domain.weather import Observed
from services.windows import between

QUARTER = timedelta(minutes=15)

MEASURANDS = (
    Measurand(measurand_id="1", code="pv_production_0", name="Array 1", quantity=Quantity.PV_KW, resolution=QUARTER),
    Measurand(measurand_id="2", code="e_demand", name="Building", quantity=Quantity.LOAD_KW, resolution=QUARTER),
)


def project(project_id: str = "p1", *roles: Role) -> Project:
    """Return a PV project on which a person has these roles."""
    return Project(
        project_id=project_id,
        name=f"Project {project_id}",
        type=ProjectType.PV,
        measurand_ids=("1", "2"),
        roles=frozenset(roles),
    )


def session(
    user_id: str = "u1", *projects: Project, opened_at: datetime = datetime(2026, 11, 3, 12, tzinfo=UTC)
) -> Session:
    """Return a session of this person with these projects."""
    until = opened_at + timedelta(hours=1)
    return Session(
        session_id=f"session-{user_id}",
        person=Person(user_id=user_id, name=user_id.title(), email=f"{user_id}@example.org"),
        projects=projects or (project(),),
        token=ApiToken(access=f"token-{user_id}", refresh=None, expires_at=until),
        opened_at=opened_at,
        expires_at=until,
    )


def day_and_night(measurand: Measurand, start: datetime, end: datetime) -> pd.Series:
    """Return the series of the module's first lines for `start <= t < end`."""
    step = pd.Timedelta(measurand.resolution)
    index = pd.date_range(pd.Timestamp(start).ceil(step), end, freq=step, inclusive="left", name="time")
    if measurand.quantity is Quantity.PV_KW:
        return pd.Series([40.0 if 6 <= hour < 18 else 0.0 for hour in index.hour], index=index, dtype=float)
    level = {Quantity.LOAD_KW: 30.0, Quantity.SOC: 0.5}.get(measurand.quantity, 0.0)
    return pd.Series(level, index=index, dtype=float)


class FakeEnergyApi:
    """An EnergyApi in memory: `people` by e-mail, `values` by measurand id, `fails` raised by the next calls."""

    def __init__(self, clock: Callable[[], datetime], *, extensions: frozenset[str] = frozenset()) -> None:
        self.clock = clock
        self.extensions = extensions
        self.people: dict[str, tuple[str, tuple[Project, ...]]] = {}
        self.measurands: tuple[Measurand, ...] = MEASURANDS
        self.values: dict[str, pd.Series] = {}
        self.published: dict[str, Published] = {}
        self.observed: Observed | None = None
        self.fails: ApiError | None = None
        self.calls: list[str] = []
        self.points_asked: list[int] = []
        self.revoked: set[str] = set()
        self.user_ids: dict[str, str] = {}

    def add_person(self, email: str, password: str, *projects: Project) -> None:
        """Let somebody sign in."""
        self.people[email] = (password, projects)

    def capabilities(self) -> frozenset[str]:
        return self.extensions

    def sign_in(self, email: str, password: str) -> SignIn:
        self._call("sign_in")
        known = self.people.get(email)
        if known is None or known[0] != password:
            raise BadCredentials("status 401")
        return self._sign_in(email, known[1])

    def refresh(self, token: ApiToken) -> SignIn:
        self._call("refresh")
        email = (token.refresh or "").removeprefix("refresh-")
        if email not in self.people or email in self.revoked:
            raise SessionEnded("status 401")
        answer = self._sign_in(email, self.people[email][1])
        return replace(answer, person=replace(answer.person, email=""))  # as the contract: only a sign-in says it

    def change_credentials(self, token: ApiToken, person: Person, *, email: str, password: str) -> None:
        self._call("change_credentials")
        before = token.access.removeprefix("access-").rsplit("-", 1)[0]
        if before not in self.people:
            raise SessionEnded("status 401")
        if email != before and email in self.people:
            raise RejectedByApi("status 422")
        self.people[email] = (password, self.people.pop(before)[1])
        self.user_ids[email] = person.user_id

    def list_measurands(self, token: ApiToken, project: Project) -> tuple[Measurand, ...]:
        self._call("list_measurands")
        return tuple(m for m in self.measurands if m.measurand_id in project.measurand_ids)

    def fetch_newest(self, token: ApiToken, project: Project, measurands: tuple[Measurand, ...], points: int) -> Window:
        self._call("fetch_newest")
        self.points_asked.append(points)
        start = self.clock() - timedelta(days=30)
        stamps = sorted(
            (stamp, m.measurand_id) for m in measurands for stamp in self._series(m, start, self.clock()).dropna().index
        )
        kept = set(stamps[-points:])
        series = {}
        for m in measurands:
            mine = self._series(m, start, self.clock()).dropna()
            series[m.measurand_id] = mine[[(stamp, m.measurand_id) in kept for stamp in mine.index]]
        return self._window(start, self.clock(), series, measurands)

    def fetch_history(
        self, token: ApiToken, project: Project, measurands: tuple[Measurand, ...], start: datetime, end: datetime
    ) -> Window:
        self._call("fetch_history")
        until = min(end, self.clock())
        series = {m.measurand_id: self._series(m, start, until) for m in measurands}
        return self._window(start, end, series, measurands)

    def fetch_live(self, token: ApiToken, project: Project) -> tuple[LiveValue, ...]:
        self._call("fetch_live")
        found = []
        for m in self.measurands:
            known = self._series(m, self.clock() - timedelta(days=2), self.clock()).dropna()
            if len(known):
                at = known.index[-1].to_pydatetime()
                found.append(LiveValue(measurand_id=m.measurand_id, at=at, value=float(known.iloc[-1])))
        return tuple(found)

    def fetch_prices(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Published | None:
        self._call("fetch_prices")
        return self.published.get("prices")

    def fetch_co2(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Published | None:
        self._call("fetch_co2")
        return self.published.get("co2")

    def fetch_weather(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Observed | None:
        self._call("fetch_weather")
        return self.observed

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.fails is not None:
            raise self.fails

    def _series(self, m: Measurand, start: datetime, end: datetime) -> pd.Series:
        known = self.values.get(m.measurand_id)
        if known is None:
            return day_and_night(m, start, end)
        return known[(known.index >= start) & (known.index < end)]

    def _sign_in(self, email: str, projects: tuple[Project, ...]) -> SignIn:
        expires_at = self.clock() + timedelta(minutes=15)
        token = ApiToken(
            access=f"access-{email}-{expires_at:%H%M%S}", refresh=f"refresh-{email}", expires_at=expires_at
        )
        name = email.split("@")[0]
        person = Person(user_id=self.user_ids.get(email, name), name=name.title(), email=email)
        return SignIn(person=person, projects=projects, token=token)

    def _window(
        self, start: datetime, end: datetime, series: dict[str, pd.Series], measurands: tuple[Measurand, ...]
    ) -> Window:
        ends = [
            series[m.measurand_id].dropna().index[-1].to_pydatetime() + m.resolution
            for m in measurands
            if series[m.measurand_id].notna().any()
        ]
        return Window(start=start, end=end, series=series, fetched_at=self.clock(), data_until=max(ends, default=None))


class FakeMeasurements:
    """A Measurements without a cache: asks a FakeEnergyApi, or shows what tests put into `windows`."""

    def __init__(self, api: FakeEnergyApi, clock: Callable[[], datetime]) -> None:
        self.api = api
        self.clock = clock
        self.windows: dict[str, Window] = {}
        self.saved = False
        self.openings = 0
        self.purges = 0

    def measurands(self, session: Session, project: Project) -> tuple[Measurand, ...]:
        return self.api.list_measurands(session.token, self._own(session, project.project_id))

    def open_project(
        self,
        session: Session,
        project: Project,
        start: datetime | None = None,
        end: datetime | None = None,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        self.openings += 1
        start, end = start or self.clock() - timedelta(hours=48), end or self.clock()
        return self.load_window(session, project, start, end, measurand_ids)

    def load_window(
        self,
        session: Session,
        project: Project,
        start: datetime,
        end: datetime,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        self._own(session, project.project_id)
        if project.project_id in self.windows:
            return self.windows[project.project_id]
        known = self.measurands(session, project)
        listed = tuple(m for m in known if measurand_ids is None or m.measurand_id in measurand_ids)
        window = self.api.fetch_history(session.token, project, listed, start, end)
        return replace(window, saved=self.saved)

    def live(self, session: Session, project: Project) -> tuple[LiveValue, ...]:
        return self.api.fetch_live(session.token, self._own(session, project.project_id))

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        self._own(session, project_id)
        return self.api.fetch_prices(session.token, project_id, start, end)

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        self._own(session, project_id)
        return self.api.fetch_co2(session.token, project_id, start, end)

    def weather(self, session: Session, project_id: str, start: datetime, end: datetime) -> Observed | None:
        self._own(session, project_id)
        found = self.api.fetch_weather(session.token, project_id, start, end)
        return found and replace(found, values=between(found.values, start, end))

    def purge_expired(self) -> int:
        self.purges += 1
        return 0

    def stats(self) -> CacheStats:
        return CacheStats(openings=self.openings, hits=0, rows=0, points_asked=0, points_needed=0)

    def _own(self, session: Session, project_id: str) -> Project:
        found = session.project(project_id)
        if found is None:
            raise NotFound(f"project {project_id}")
        return found


class FakeSites:
    """Sites from a list."""

    def __init__(self, *sites: Site) -> None:
        self._sites = {site.project_id: site for site in sites}

    def site_of(self, project_id: str) -> Site | None:
        return self._sites.get(project_id)

    def all_sites(self) -> tuple[Site, ...]:
        return tuple(self._sites.values())
