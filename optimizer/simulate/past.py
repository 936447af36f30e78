"""What forecasts got wrong up to a moment: the pool that scenarios and tables of value learn from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.schedule.checks import Array
from optimizer.simulate.measured import Column, Measured

Places = npt.NDArray[np.int64]
SPAN = timedelta(days=28)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastForecasts:
    """Net load forecast at past moments: `net_kw[origin, lead]`, origins in order, in the rows of `Measured.frame`."""

    rows: Places
    net_kw: Array

    @classmethod
    def of(cls, measured: Measured, origins: pd.DatetimeIndex, load_kw: Array, pv_kw: Array) -> PastForecasts:
        """Return those made at `origins` (UTC)."""
        return cls(rows=measured.times.get_indexer(origins).astype(np.int64), net_kw=load_kw - pv_kw)

    def errors(self, measured: Measured, now_row: int, span: timedelta = SPAN) -> tuple[Array, Places]:
        """Return `errors[origin, lead]` (measured minus forecast, NaN where not known by then) and the origins' rows.

        Only targets that were over before row `now_row`, of origins not older than `span`.
        """
        made = (self.rows < now_row) & (self.rows >= now_row - span // measured.step)
        rows = self.rows[made]
        targets = rows[:, None] + np.arange(self.net_kw.shape[1])[None, :]
        net = (measured.frame[Column.LOAD_KW] - measured.frame[Column.PV_KW]).to_numpy()
        known = targets < now_row
        actual = np.where(known, net[np.clip(targets, 0, len(net) - 1)], np.nan)
        return actual - self.net_kw[made], rows
