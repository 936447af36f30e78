"""The shipped measurements as regular series on the site's civil clock, which is the clock the replay runs on."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pandas as pd

from slothbox.demo.model import Source

EPOCH = datetime.combine(date(1970, 1, 1), time())


@dataclass(frozen=True, slots=True, kw_only=True)
class CivilSeries:
    """Values on consecutive steps of civil time (no zone) from `start`; NaN where nothing was measured.

    Civil time has no hour twice: of a doubled hour the first one stands here, a skipped one is missing.
    """

    start: datetime
    step: timedelta
    values: npt.NDArray[np.float64]

    def at(self, seconds: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the value held at each civil moment (seconds since 1970 on the civil clock); NaN outside."""
        position = (seconds - civil_seconds(self.start)) // int(self.step.total_seconds())
        inside = (position >= 0) & (position < len(self.values))
        return np.where(inside, self.values[np.where(inside, position, 0)], np.nan)

    @property
    def first(self) -> datetime | None:
        """The civil start of the first measured step, None when there is none."""
        measured = np.flatnonzero(~np.isnan(self.values))
        return self.start + int(measured[0]) * self.step if len(measured) else None


def civil_seconds(moment: date) -> int:
    """Return the seconds since 1970 that a clock without a zone shows; a date means its midnight."""
    civil = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return int((civil - EPOCH) / timedelta(seconds=1))


def civil_moment(seconds: int) -> datetime:
    """Return what a clock without a zone shows after so many seconds since 1970."""
    return EPOCH + timedelta(seconds=seconds)


def load_source(source: Source, tz: str) -> CivilSeries:
    """Read one source from the shipped files onto the civil clock of `tz`."""
    table = _read_table(source.file)
    values = sum((table[column] * factor for column, factor in source.columns), start=pd.Series(0.0, table.index))
    if source.zero_is_gap:
        values = values.where(values != 0)
    if source.non_negative:
        values = values.where(values >= -1e-9).clip(lower=0.0)
    values.index = _civil_index(table, source, tz)
    return _regular(values[values.index.notna()], source.step)


@lru_cache(maxsize=4)
def _read_table(file: str) -> pd.DataFrame:
    with files("slothbox").joinpath("data", file).open("rb") as stream:
        return pd.read_csv(stream, compression="gzip")


def _civil_index(table: pd.DataFrame, source: Source, tz: str) -> pd.DatetimeIndex:
    if source.local_stamps:
        return pd.DatetimeIndex(pd.to_datetime(table["timestamp_local"]))
    stamps = pd.DatetimeIndex(pd.to_datetime(table["timestamp_utc"], utc=True))
    if source.ends_at_stamp:
        stamps = stamps - source.step
    return stamps.tz_convert(tz).tz_localize(None)


def _regular(values: pd.Series, step: timedelta) -> CivilSeries:
    once = values[~values.index.duplicated(keep="first")].sort_index()
    grid = pd.date_range(once.index[0], once.index[-1], freq=step)
    return CivilSeries(start=grid[0].to_pydatetime(), step=step, values=once.reindex(grid).to_numpy(dtype=np.float64))
