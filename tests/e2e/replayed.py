"""What the demo must show, worked out once more: gzip, csv, datetime and arithmetic, nothing of the product.

The replay as it is described: on the site's civil clock, source = start + ((now - anchor) mod window); before the
anchor the same shift without the wrap. A value is there when its step has ended.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

DATA = Path(__file__).parents[2] / "slothbox" / "data"


@dataclass(frozen=True)
class Figures:
    """Current, average and peak in kW, the total in kWh, the lowest in kW, when the peak was, which steps lack."""

    current: float
    total: float
    average: float
    peak: float
    lowest: float
    peak_at: datetime
    missing: int


@dataclass(frozen=True)
class Source:
    """Some columns of a shipped file, summed; `civil` says that its stamps are local already, 0 may mean a gap."""

    file: str
    columns: tuple[str, ...]
    factor: float = 1.0
    civil: bool = False
    zero_is_gap: bool = False

    def rows(self, zone: ZoneInfo) -> Iterator[tuple[datetime, float | None]]:
        with gzip.open(DATA / self.file, "rt", newline="") as file:
            for row in csv.DictReader(file):
                yield self._stamp(row, zone), self._value(row)

    def _stamp(self, row: dict[str, str], zone: ZoneInfo) -> datetime:
        if self.civil:
            return datetime.fromisoformat(row["timestamp_local"])
        return datetime.fromisoformat(row["timestamp_utc"]).astimezone(zone).replace(tzinfo=None)

    def _value(self, row: dict[str, str]) -> float | None:
        parts = [row[column] for column in self.columns]
        if "" in parts:
            return None
        value = sum(float(part) for part in parts) * self.factor
        return None if self.zero_is_gap and value == 0 else value


@dataclass(frozen=True)
class Replayed:
    """A measured series of the demo in served time."""

    source: Source
    zone: ZoneInfo
    start: date
    anchor: date
    weeks: int
    step: timedelta

    @cached_property
    def _measured(self) -> dict[datetime, float | None]:
        rows: dict[datetime, float | None] = {}
        for civil, value in self.source.rows(self.zone):
            rows.setdefault(civil, value)
        return rows

    def at(self, moment: datetime) -> float | None:
        since = moment.astimezone(self.zone).replace(tzinfo=None) - datetime.combine(self.anchor, time())
        if since >= timedelta(0):
            since %= timedelta(weeks=self.weeks)
        return self._measured.get(datetime.combine(self.start, time()) + since)

    def figures(self, now: datetime) -> Figures:
        """Return the key figures of the local days yesterday and today, as known at `now`."""
        steps = list(self._steps(now))
        known = [(moment, value) for moment in steps if (value := self.at(moment)) is not None]
        powers = [value for _moment, value in known]
        total = sum(powers) * (self.step / timedelta(hours=1))
        peak = max(powers)
        return Figures(
            current=powers[-1],
            total=total,
            average=sum(powers) / len(powers),
            peak=peak,
            lowest=min(powers),
            peak_at=next(moment for moment, value in known if value == peak).astimezone(self.zone),
            missing=len(steps) - len(known),
        )

    def _steps(self, now: datetime) -> Iterator[datetime]:
        yesterday = now.astimezone(self.zone).date() - timedelta(days=1)
        moment = datetime.combine(yesterday, time(), self.zone).astimezone(UTC)
        while moment + self.step <= now:
            yield moment
            moment += self.step


def _monash(file: str, columns: tuple[str, ...]) -> Replayed:
    return Replayed(
        source=Source(f"au_clayton/{file}", columns),
        zone=ZoneInfo("Australia/Melbourne"),
        start=date(2020, 9, 1),
        anchor=date(2026, 11, 3),
        weeks=4,
        step=timedelta(minutes=15),
    )


def _fontana(column: str, factor: float) -> Replayed:
    return Replayed(
        source=Source("us_fontana/us_fon_home01.csv.gz", (column,), factor, civil=True),
        zone=ZoneInfo("America/Los_Angeles"),
        start=date(2016, 8, 1),
        anchor=date(2024, 7, 22),
        weeks=52,
        step=timedelta(hours=1),
    )


MONASH_PV = _monash("au_cla_pv_15min.csv.gz", tuple(f"solar{number}_kw" for number in range(6)))
MONASH_LOAD = _monash("au_cla_demand_15min.csv.gz", ("building1_kw", "building6_kw"))
FONTANA_PV = _fontana("pv_wh_per_kwp", 4.0 / 1000)
FONTANA_LOAD = _fontana("demand_kwh", 1.0)
B071_LOAD = Replayed(
    source=Source("uk_cambridge/uk_cam_b071.csv.gz", ("demand_kwh",), zero_is_gap=True),
    zone=ZoneInfo("Europe/London"),
    start=date(2019, 7, 1),
    anchor=date(2025, 6, 23),
    weeks=156,
    step=timedelta(hours=1),
)
