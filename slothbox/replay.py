"""Measured data of the past, served at the present: the one place that maps served time to source time.

On the site's civil clock, source time = window start + ((now - anchor) mod window length). Before the anchor stands the
real earlier source data (the same shift, no wrap), so a value once served never changes: a wrap starts a new pass and
leaves the past where it is. An hour that the served clock skips is dropped by itself; an hour that it doubles repeats
its source hour (`is_repeated`). Values are held constant inside their step, never interpolated; a gap stays a gap.
"""

from datetime import datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from slothbox.demo.model import Category, DemoSite, MarketKind, MeasurandSpec, ReplayWindow, Source
from slothbox.sites import site
from slothbox.source import CivilSeries, civil_moment, civil_seconds, load_source

INDEX_NAME = "time"


class SiteReplay:
    """The measured series of one site in served time: powers in kW, non-negative, UTC labels at the step's start."""

    def __init__(self, demo_site: DemoSite) -> None:
        """Serve `demo_site`; its files are read when they are first asked for."""
        self.site = demo_site
        self.site_id = demo_site.project_id
        self._measured = {spec.code: spec for spec in demo_site.measurands if spec.source is not None}
        self._loaded: dict[str, CivilSeries] = {}

    @property
    def codes(self) -> tuple[str, ...]:
        """The raw codes of the measured (not simulated) measurands."""
        return tuple(self._measured)

    def source_time(self, moment: datetime) -> datetime:
        """Return the civil time of measurement (no zone) of what is served at `moment` (any zone)."""
        civil = moment.astimezone(self.site.tz).replace(tzinfo=None, fold=0)
        shifted = source_seconds(np.array([civil_seconds(civil)]), self.site.replay)
        return civil_moment(int(shifted[0])).replace(microsecond=civil.microsecond)

    def value_at(self, code: str, moment: datetime) -> float | None:
        """Return the power held at `moment` in kW, None where nothing was measured; KeyError for an unknown code."""
        value = self._series_of(code).at(np.array([civil_seconds(self.source_time(moment))]))[0]
        return None if np.isnan(value) else float(value)

    def series(self, code: str, start: datetime, end: datetime) -> pd.Series:
        """Return `start <= t < end` at the code's native resolution on a UTC index, NaN in gaps."""
        index = utc_steps(start, end, self._measured[code].step)
        return pd.Series(self._values(self._series_of(code), index), index=index, name=code)

    def load_kw(self, moment: datetime) -> float | None:
        """Return the demand on the site's connection at `moment`; None when a part of it is missing."""
        return self._total_at(Category.LOAD, moment)

    def pv_kw(self, moment: datetime) -> float | None:
        """Return the PV production on the site's connection at `moment`; 0 without arrays, None when one is missing."""
        return self._total_at(Category.PV, moment)

    def total(self, category: Category, start: datetime, end: datetime, step: timedelta) -> pd.Series:
        """Return the sum of a category on the connection over `start <= t < end`, held constant inside finer steps."""
        index = utc_steps(start, end, step)
        parts = [self._values(self._series_of(spec.code), index) for spec in self._on_connection(category)]
        return pd.Series(np.sum(parts, axis=0) if parts else 0.0, index=index, name=category.value)

    def first_served(self, code: str) -> datetime | None:
        """Return the served moment (UTC) of the earliest measured step of `code`."""
        first = self._series_of(code).first
        if first is None:
            return None
        shift = self.site.replay.anchor - self.site.replay.start
        served = pd.Timestamp(first + shift).tz_localize(self.site.tz, ambiguous=True, nonexistent="shift_forward")
        return served.tz_convert("UTC").to_pydatetime()

    def is_repeated(self, moment: datetime) -> bool:
        """Return whether `moment` lies in the second pass of an hour that the served clock doubles."""
        return moment.astimezone(self.site.tz).fold == 1

    def market(self, kind: MarketKind | str, start: datetime, end: datetime) -> pd.DataFrame:
        """Return a published series over `start <= t < end` in served time, NaN where there is none.

        Prices (currency per kWh) and CO2 (kg per kWh) have the one column `value`; weather has one per quantity.
        Nothing is held back here: what is published when is the market's rule. KeyError when the site has none.
        """
        spec = self.site.market(kind)
        if spec is None:
            raise KeyError(f"{self.site_id} has no {kind}")
        index = utc_steps(start, end, spec.step)
        columns = {name: self._values(self._loaded_series(f"{kind}/{name}", source), index)
                   for name, source in spec.columns}  # fmt: skip
        return pd.DataFrame(columns, index=index)

    def _total_at(self, category: Category, moment: datetime) -> float | None:
        parts = [self.value_at(spec.code, moment) for spec in self._on_connection(category)]
        known = [part for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    def _on_connection(self, category: Category) -> list[MeasurandSpec]:
        return [spec for spec in self._measured.values() if spec.category is category and spec.on_connection]

    def _series_of(self, code: str) -> CivilSeries:
        spec = self._measured[code]
        assert spec.source is not None  # noqa: S101 - `_measured` holds only these
        return self._loaded_series(code, spec.source)

    def _loaded_series(self, key: str, source: Source) -> CivilSeries:
        if key not in self._loaded:
            self._loaded[key] = load_source(source, str(self.site.tz))
        return self._loaded[key]

    def _values(self, series: CivilSeries, index: pd.DatetimeIndex) -> npt.NDArray[np.float64]:
        civil = index.tz_convert(self.site.tz).tz_localize(None).as_unit("s").asi8
        return series.at(source_seconds(civil, self.site.replay))


def source_seconds(civil: npt.NDArray[np.int64], window: ReplayWindow) -> npt.NDArray[np.int64]:
    """Map served civil seconds to source civil seconds; before the anchor nothing wraps."""
    since = civil - civil_seconds(window.anchor)
    wrapped = np.where(since < 0, since, since % int(window.length.total_seconds()))
    return civil_seconds(window.start) + wrapped


def utc_steps(start: datetime, end: datetime, step: timedelta) -> pd.DatetimeIndex:
    """Return the UTC labels of the steps that begin in `start <= t < end`."""
    first = pd.Timestamp(start).tz_convert("UTC").ceil(step)
    last = pd.Timestamp(end).tz_convert("UTC")
    return pd.date_range(first, last, freq=step, inclusive="left", name=INDEX_NAME)


@cache
def load_replay(project_id: str) -> SiteReplay:
    """Return the replay of one project, one per process; KeyError when there is no such project."""
    return SiteReplay(site(project_id))


def market_series(project_id: str, kind: MarketKind | str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return `SiteReplay.market` of a project: served time, without any publication rule."""
    return load_replay(project_id).market(kind, start, end)
