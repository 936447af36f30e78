"""Time as the whole application means it: aware, UTC inside, a row labelled by the START of its step."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

Clock = Callable[[], datetime]
"""Returns the present moment, aware, in UTC. Only `dash_app.wiring` knows the real one."""

INDEX_NAME = "time"


def check_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; raise ValueError if it is naive."""
    if moment.tzinfo is None:
        raise ValueError(f"naive time {moment.isoformat()}: every time here is aware")
    return moment.astimezone(UTC)


def floor_to(moment: datetime, step: timedelta) -> datetime:
    """Return the start of the step, counted from the UTC epoch, that `moment` lies in.

    >>> floor_to(datetime(2020, 9, 28, 3, 44, 59, tzinfo=UTC), timedelta(minutes=15)).isoformat()
    '2020-09-28T03:30:00+00:00'
    """
    seconds = int(step.total_seconds())
    return datetime.fromtimestamp(check_utc(moment).timestamp() // seconds * seconds, tz=UTC)


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC moment at which `day` begins in `zone`.

    >>> local_midnight(date(2020, 10, 4), ZoneInfo("Australia/Melbourne")).isoformat()
    '2020-10-03T14:00:00+00:00'
    """
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def measured_at(index: pd.DatetimeIndex, shift: timedelta, now: datetime, zone: ZoneInfo) -> pd.DatetimeIndex:
    """Return when the values served under a UTC index were measured; `shift` is served minus measured time at `now`.

    A replay runs on the site's wall clock, so the shift is made there: an hour that the clock changes between the two
    dates is not an hour of sun. Without a shift the index is returned as it is.

    >>> served = pd.date_range("2026-11-22 02:00", periods=1, freq="h", tz="UTC")
    >>> now = datetime(2026, 11, 22, 3, tzinfo=UTC)
    >>> shift = now - datetime(2020, 9, 20, 4, tzinfo=UTC)
    >>> measured_at(served, shift, now, ZoneInfo("Australia/Melbourne"))[0].isoformat()
    '2020-09-20T03:00:00+00:00'
    """
    if not shift:
        return index
    civil_shift = _wall(now, zone) - _wall(now - shift, zone)
    wall = index.tz_convert(zone).tz_localize(None) - civil_shift
    localized = wall.tz_localize(zone, ambiguous=np.zeros(len(wall), dtype=bool), nonexistent="shift_forward")
    return localized.tz_convert("UTC")


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeGrid:
    """Equal steps from `start`: the x axis of every schedule, forecast and window.

    >>> grid = TimeGrid(start=datetime(2020, 10, 4, tzinfo=UTC), step=timedelta(minutes=15), steps=4)
    >>> grid.end.isoformat(), grid.step_h
    ('2020-10-04T01:00:00+00:00', 0.25)
    """

    start: datetime
    step: timedelta
    steps: int

    def __post_init__(self) -> None:
        """Refuse naive starts and empty grids."""
        check_utc(self.start)
        if self.steps < 1 or self.step <= timedelta(0):
            raise ValueError(f"a grid needs steps, got {self.steps} of {self.step}")

    @property
    def end(self) -> datetime:
        """The first moment after the last step."""
        return self.start + self.steps * self.step

    @property
    def step_h(self) -> float:
        """The length of one step in hours."""
        return self.step / timedelta(hours=1)

    def index(self) -> pd.DatetimeIndex:
        """Return the step starts as a UTC index named `time`."""
        return pd.date_range(self.start, periods=self.steps, freq=self.step, name=INDEX_NAME)

    @classmethod
    def between(cls, start: datetime, end: datetime, step: timedelta) -> "TimeGrid":
        """Return the grid of all whole steps from the step of `start` up to `end`."""
        first = floor_to(start, step)
        return cls(start=first, step=step, steps=max(1, -(-(check_utc(end) - first) // step)))

    @classmethod
    def local_day(cls, day: date, zone: ZoneInfo, step: timedelta) -> "TimeGrid":
        """Return one civil day: 92, 96 or 100 quarter hours.

        >>> TimeGrid.local_day(date(2020, 10, 4), ZoneInfo("Australia/Melbourne"), timedelta(minutes=15)).steps
        92
        """
        start = local_midnight(day, zone)
        return cls(start=start, step=step, steps=(local_midnight(day + timedelta(days=1), zone) - start) // step)
