"""Measurements through the cache: the first screen without a call, the missing tails after it, saved data in need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dash_app.domain.errors import NotFound
from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.ports import CacheKind, CacheStats, EnergyApi, Session
from dash_app.domain.project import Project
from dash_app.domain.site import Measurand
from dash_app.domain.time import Clock
from dash_app.domain.weather import Observed
from services.by_days import ByDays, Fetch, Value
from services.cache import DiskStore
from services.history import History, days_between, first_recent_day, put_together
from services.hits import Hits
from services.look_ahead import LookAhead
from services.outage import Outages
from services.place import Backing, Place
from services.prefetch import SPAN
from services.recent import RecentRows
from services.remembered import Question, Remembered
from services.rows import (
    Row,
    key_of,
    live_as_json,
    live_from,
    measurands_as_json,
    measurands_from,
    published_as_json,
    published_from,
    weather_as_json,
    weather_from,
)
from services.windows import between

LISTING_AGE = timedelta(hours=12)
LIVE_AGE = timedelta(seconds=5)
SHORT = timedelta(hours=3)
"""A window of the last hours is refreshed as soon as it lacks a step."""
PURGE_WAIT_S = 0.05
REST = timedelta(seconds=5)
FLIGHT_S = 30.0


def run_in_thread(work: Callable[[], object]) -> threading.Thread:
    """Run `work` in a thread that does not keep the process alive."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


class CachedMeasurements:
    """The Measurements port on an EnergyApi and a DiskStore.

    Pages are never made to wait for a tail: with `patient=False` what is cached is shown at once and the rest is
    fetched behind it. Work on the clock uses `patient=True` and gets complete data, or saved data when the API is down.
    After a failure the API is left alone for `rest`; `flight_s` bounds how long one waits for another's call.
    """

    def __init__(
        self,
        api: EnergyApi,
        store: DiskStore,
        *,
        clock: Clock,
        timeout: timedelta,
        patient: bool = False,
        run: Callable[[Callable[[], None]], Any] = run_in_thread,
        rest: timedelta = REST,
        flight_s: float = FLIGHT_S,
        look_ahead: timedelta = timedelta(0),
    ) -> None:
        self._api = api
        self._store = store
        self._clock = clock
        outages = Outages(clock, rest)
        backing = Backing(api=api, store=store, outages=outages, clock=clock, timeout=timeout, flight_s=flight_s)
        self._timeout = timeout
        self._remembered = Remembered(backing=backing)
        self._history = History(backing=backing)
        self._hits = Hits(store)
        self._recent = RecentRows(backing, patient=patient, run=run, count=self._hits.add)
        self._look_ahead = LookAhead(backing, self._history, self._recent, length=look_ahead, run=run)
        self._counts_history = not patient

    def measurands(self, session: Session, project: Project) -> tuple[Measurand, ...]:
        """Return what is measured in the project."""
        return self._place(session, project.project_id).measurands

    def open_project(
        self,
        session: Session,
        project: Project,
        start: datetime | None = None,
        end: datetime | None = None,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        """Return the last 48 h (or another window) at once if any of them is cached, else fetched; count the opening.

        It is a hit when nothing of what was asked for, the first screen included, needed a call.
        """
        self._own(session, project.project_id)
        hit, now = False, self._clock()
        start, end = start or now - SPAN, end or now
        try:
            place = self._place(session, project.project_id)
            kept = self._recent.kept(place)
            found = place.listed_before and kept is not None
            self._hits.asked(CacheKind.FIRST_SCREEN, hit=found)
            newest = self._recent.at_once(place, kept) if kept else (self._recent.refreshed(place), False)
            window, asked = self._window(place, place.chosen(measurand_ids), start, end, newest)
            hit = found and not asked
        finally:
            self._hits.opened(hit=hit)
        self._look_ahead.start(place)
        return window

    def load_window(
        self,
        session: Session,
        project: Project,
        start: datetime,
        end: datetime,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        """Return `start <= t < end`: whole past days from the day cache, the last 48 h from the project's row.

        With `measurand_ids` only their past days are asked for; the last 48 h are kept whole for every project.
        """
        place = self._place(session, project.project_id)
        return self._window(place, place.chosen(measurand_ids), start, end)[0]

    def _window(
        self, whole: Place, place: Place, start: datetime, end: datetime, newest: tuple[Row, bool] | None = None
    ) -> tuple[Window, bool]:
        """Return the window, and whether the API had to be asked for past days."""
        if end <= start:
            raise ValueError(f"a window from {start} to {end} is empty")
        now = self._clock()
        if start >= now - SPAN:
            row, saved = newest or self._recent.newest(whole, short=end - start <= SHORT)
            return place.window(row, start, end, saved=saved), False
        first_recent = first_recent_day(now)
        days = days_between(start, min(end, first_recent))
        past = self._history.days(place, days, lambda: self._recent.kept(whole))
        if self._counts_history:
            self._hits.asked(CacheKind.HISTORY, hit=not past.asked)
        recent, recent_saved = (newest or self._recent.newest(whole)) if end > first_recent else (None, False)
        row = put_together(past, recent, place.measurands)
        return place.window(row, start, end, saved=past.saved or recent_saved), past.asked

    def live(self, session: Session, project: Project) -> tuple[LiveValue, ...]:
        """Return the newest values, at most 5 s old; each carries its own moment."""
        own = self._own(session, project.project_id)
        question = Question(
            key=key_of("live", session.person.user_id, own.project_id),
            user_id=session.person.user_id,
            age=LIVE_AGE,
            call=lambda: self._api.fetch_live(session.token, own),
            encode=live_as_json,
            decode=live_from,
        )
        values, there = self._remembered.answer(question)
        self._hits.asked(CacheKind.LIVE, hit=there)
        return values

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        """Return the published prices in `start <= t < end`, or None when the project has none."""
        return self._published("prices", self._api.fetch_prices, session, project_id, start, end)

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        """Return the published CO2 intensity in `start <= t < end`, or None when the project has none."""
        return self._published("co2", self._api.fetch_co2, session, project_id, start, end)

    def weather(self, session: Session, project_id: str, start: datetime, end: datetime) -> Observed | None:
        """Return the weather observed in `start <= t < end`, or None when the project has none."""
        by_days = ByDays("weather", self._api.fetch_weather, weather_as_json, weather_from)
        found = self._answer(by_days, session, project_id, start, end)
        return None if found is None else replace(found, values=between(found.values, start, end))

    def purge_expired(self) -> int:
        """Drop what is older than the time-out; what takes longer than 50 ms goes on behind, and counts as 0."""
        done: list[int] = []
        thread = run_in_thread(lambda: done.append(self._store.expire()))
        thread.join(PURGE_WAIT_S)
        return done[0] if done else 0

    def stats(self) -> CacheStats:
        """Return the counts of all processes that share the cache."""
        return self._hits.stats()

    def _own(self, session: Session, project_id: str) -> Project:
        """Return the project if it is this person's; raise NotFound for any other, as if it did not exist."""
        own = session.project(project_id)
        if own is None:
            raise NotFound(f"project {project_id}")
        return own

    def _place(self, session: Session, project_id: str) -> Place:
        own, user_id = self._own(session, project_id), session.person.user_id
        question = Question(
            key=key_of("measurands", user_id, own.project_id, *own.measurand_ids),
            user_id=user_id,
            age=min(LISTING_AGE, self._timeout),
            call=lambda: self._api.list_measurands(session.token, own),
            encode=measurands_as_json,
            decode=measurands_from,
            in_need=True,
        )
        listed, before = self._remembered.answer(question)
        return Place(session=session, project=own, measurands=listed, listed_before=before)

    def _published(
        self, kind: str, fetch: Fetch[Published], session: Session, project_id: str, start: datetime, end: datetime
    ) -> Published | None:
        by_days = ByDays(kind, fetch, published_as_json, published_from)
        found = self._answer(by_days, session, project_id, start, end)
        return None if found is None else replace(found, values=between(found.values, start, end))

    def _answer(
        self, by_days: ByDays[Value], session: Session, project_id: str, start: datetime, end: datetime
    ) -> Value | None:
        own = self._own(session, project_id)
        question = by_days.question(session, own, start, end, now=self._clock(), timeout=self._timeout)
        answer, there = self._remembered.answer(question)
        self._hits.asked(CacheKind.PRICES, hit=there)
        return answer
