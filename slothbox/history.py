"""What was measured at a site up to now: real measurands from the replay, simulated ones from the archive.

A value appears when its step has ended. Series are regular on a UTC index, NaN where nothing was measured.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from slothbox.archive import Archive
from slothbox.demo.model import DemoSite, MeasurandSpec
from slothbox.replay import load_replay

HOUR = pd.Timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A stretch of one measurand: means per step, and the lowest and highest value where steps were gathered."""

    spec: MeasurandSpec
    step: timedelta
    mean: pd.Series
    low: pd.Series | None = None
    high: pd.Series | None = None

    @property
    def count(self) -> int:
        """How many measured values it holds."""
        return int(self.mean.count())

    def since(self, start: pd.Timestamp) -> "Slice":
        """Return the part that begins at `start`."""
        low, high = self.low, self.high
        return Slice(
            spec=self.spec,
            step=self.step,
            mean=self.mean[start:],
            low=None if low is None else low[start:],
            high=None if high is None else high[start:],
        )


class History:
    """The measured past of all sites, as known at a given moment."""

    def __init__(self, archive: Archive) -> None:
        """Read simulated measurands from `archive`."""
        self._archive = archive

    def span(self, site: DemoSite, spec: MeasurandSpec, now: datetime) -> tuple[datetime, datetime] | None:
        """Return the starts of the first and of the last complete step, None when there is none yet."""
        first = self._first(site, spec)
        last = pd.Timestamp(now).floor(spec.step).to_pydatetime() - spec.step
        newest = self._archive.newest(site.project_id, spec.measurand_id) if spec.simulated else None
        if newest is not None:
            last = min(last, newest[0])
        return None if first is None or first > last else (first, last)

    def read(
        self,
        site: DemoSite,
        spec: MeasurandSpec,
        start: datetime,
        end: datetime,
        now: datetime,
        resolution: timedelta | None = None,
    ) -> Slice:
        """Return the steps that begin in `start <= t < end` and have ended by `now`.

        A `resolution` coarser than native gathers whole bins (aligned to 1970 UTC): mean, lowest and highest of what
        was measured in each; a finer one leaves the native step.
        """
        step = max(spec.step, resolution or spec.step)
        span = self.span(site, spec, now)
        begin = max(start, span[0]) if span else end
        first = pd.Timestamp(begin).ceil(step) if span is None or begin == start else pd.Timestamp(begin).floor(step)
        last = min(pd.Timestamp(end).ceil(step), pd.Timestamp(now).floor(step))
        native = self._native(site, spec, first.to_pydatetime(), max(first, last).to_pydatetime())
        return Slice(spec=spec, step=step, mean=native) if step == spec.step else _gathered(spec, step, native)

    def _first(self, site: DemoSite, spec: MeasurandSpec) -> datetime | None:
        if not spec.simulated:
            return load_replay(site.project_id).first_served(spec.code)
        oldest = self._archive.oldest(site.project_id, spec.measurand_id)
        return oldest[0] if oldest else None

    def _native(self, site: DemoSite, spec: MeasurandSpec, start: datetime, end: datetime) -> pd.Series:
        if spec.simulated:
            return self._archive.read(site.project_id, spec.measurand_id, start, end)
        return load_replay(site.project_id).series(spec.code, start, end)


def repeated_steps(site: DemoSite, piece: Slice) -> pd.DatetimeIndex:
    """Return the measured steps whose civil hour was served before, because the site's clock doubled it."""
    index = pd.DatetimeIndex(piece.mean.index)
    if piece.spec.simulated or piece.step > HOUR or index.empty:
        return index[:0]
    now = index.tz_convert(site.tz).tz_localize(None)
    hour_before = (index - HOUR).tz_convert(site.tz).tz_localize(None)
    return index[np.asarray(now == hour_before)]


def _gathered(spec: MeasurandSpec, step: timedelta, native: pd.Series) -> Slice:
    bins = native.resample(step, origin="epoch")
    return Slice(spec=spec, step=step, mean=bins.mean(), low=bins.min(), high=bins.max())
