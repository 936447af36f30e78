"""What is published about a site and when: nothing is told before the hour at which the world would have known it.

Cambridge: tomorrow's prices at 16:00 local. Konstanz: tomorrow's at 13:00 local. Monash: the spot price of a trading
interval when it has ended. Fontana: the time-of-use tariff a fortnight ahead. CO2 and weather: steps that have ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from slothbox.demo.model import DemoSite, MarketKind, MarketSpec
from slothbox.replay import load_replay

PAST = timedelta(days=60)
CHUNK = timedelta(days=7)
TARIFF_DAYS_AHEAD = 14
DAY_AHEAD_HOUR = {"cambridge-b071": 16, "cambridge-b005": 16, "konstanz-4": 13}
TARIFF_PROJECTS = frozenset({"fontana-1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Steps that became known together: `values` has one row per step on a UTC index, NaN where there is none."""

    project_id: str
    spec: MarketSpec
    issued_at: datetime
    values: pd.DataFrame

    def body(self) -> dict[str, object]:
        """Return the publication as `POST /edge/published` wants it."""
        columns = {str(name): _numbers(self.values[name]) for name in self.values.columns}
        content = {"series": columns} if self.spec.kind is MarketKind.WEATHER else {"values": columns["value"]}
        return {
            "project": self.project_id,
            "kind": self.spec.kind.value,
            "issued_at": self.issued_at.isoformat(),
            "start": self.values.index[0].isoformat(),
            "step_s": int(self.spec.step.total_seconds()),
            "unit": self.spec.unit,
        } | content


def known_until(site: DemoSite, spec: MarketSpec, now: datetime) -> datetime:
    """Return the end (exclusive, UTC) of what is published of a series at `now`."""
    if spec.kind is MarketKind.PRICES and site.project_id in DAY_AHEAD_HOUR:
        out_today = now >= _local(site.tz, now, days=0, hour=DAY_AHEAD_HOUR[site.project_id])
        return _local(site.tz, now, days=2 if out_today else 1)
    if spec.kind is MarketKind.PRICES and site.project_id in TARIFF_PROJECTS:
        return _local(site.tz, now, days=1 + TARIFF_DAYS_AHEAD)
    return _floor(now, spec.step)


def issued_at(site: DemoSite, spec: MarketSpec, now: datetime) -> datetime:
    """Return when (UTC, not after `now`) the newest of what is known at `now` was published."""
    if spec.kind is MarketKind.PRICES and site.project_id in DAY_AHEAD_HOUR:
        hour = DAY_AHEAD_HOUR[site.project_id]
        today = _local(site.tz, now, days=0, hour=hour)
        return today if now >= today else _local(site.tz, now, days=-1, hour=hour)
    if spec.kind is MarketKind.PRICES and site.project_id in TARIFF_PROJECTS:
        return _local(site.tz, now, days=0)
    return _floor(now, spec.step)


def publications(site: DemoSite, spec: MarketSpec, since: datetime | None, now: datetime) -> Iterator[Publication]:
    """Yield what became known after `since` (the end of what is known already; None: the past 60 days) by `now`.

    The newest comes first, in pieces of a week; pieces without a single value are left out.
    """
    end = known_until(site, spec, now)
    first = _floor(now.astimezone(UTC) - PAST, spec.step) if since is None else since
    issued = issued_at(site, spec, now)
    while first < end:
        start = max(first, end - CHUNK)
        values = load_replay(site.project_id).market(spec.kind, start, end)
        if not values.dropna(how="all").empty:
            yield Publication(project_id=site.project_id, spec=spec, issued_at=issued, values=values)
        end = start


def _local(tz: ZoneInfo, now: datetime, *, days: int, hour: int = 0) -> datetime:
    """Return an hour of the local day that lies `days` after that of `now`, in UTC."""
    day = now.astimezone(tz).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), tz).astimezone(UTC)


def _floor(moment: datetime, step: timedelta) -> datetime:
    return pd.Timestamp(moment).tz_convert("UTC").floor(step).to_pydatetime()


def _numbers(values: pd.Series) -> list[float | None]:
    return [None if value != value else round(float(value), 6) for value in values]
