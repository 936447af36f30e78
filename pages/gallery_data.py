"""Made-up values for the gallery: two days of a site with PV and a battery, always the same, no data of anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.frames import Band, Plan, Power, Price
from dash_app.domain.now import NowBalance
from dash_app.domain.recommendation import InputUsed, Payload
from dash_app.domain.schedule import Intent, Money, Objective, Step
from dash_app.domain.site import Battery
from dash_app.domain.tracking import Tracking
from dash_app.domain.view import Range, View

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 6, 9, 22, tzinfo=UTC)
NOW = datetime(2026, 6, 11, 11, 30, tzinfo=UTC)
END = datetime(2026, 6, 11, 22, tzinfo=UTC)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
GAP = (datetime(2026, 6, 10, 12, tzinfo=UTC), datetime(2026, 6, 10, 15, tzinfo=UTC))
LONG_NAME = "Netzanschlusspunkt Hauptverteilung Nord, Trafostation 2"
HOSTILE_NAME = '<img src=x onerror="alert(1)"> $\\href{javascript:alert(1)}{x}$'

BATTERY = Battery(
    battery_id="b1", name="Battery 1", device_id="b1", capacity_kwh=150, charge_kw=75, discharge_kw=75,
    charge_efficiency=0.92, discharge_efficiency=0.92, soc_min=0.1, soc_max=0.95, soc_reserve=0.2, simulated=True,
)  # fmt: skip


def quarters(until: datetime = END) -> pd.DatetimeIndex:
    """Return the starts of the quarter hours of the two days until a moment."""
    return pd.date_range(START, until, freq=QUARTER, inclusive="left", name="time")


def pv_kw(index: pd.DatetimeIndex) -> pd.Series:
    """Return a PV production: a bell by day, clouds as ripples."""
    hours = _hours(index)
    bell = np.clip(np.cos((hours - 13) / 24 * 2 * np.pi) + 0.1, 0, None)
    return pd.Series(120 * bell * (1 - 0.12 * np.abs(np.sin(3.1 * hours))), index=index)


def load_kw(index: pd.DatetimeIndex) -> pd.Series:
    """Return a demand: a base and a working day."""
    hours = _hours(index)
    return pd.Series(32 + 28 * np.exp(-(((hours - 14) / 4) ** 2)) + 2 * np.sin(5 * hours), index=index)


def with_gap(series: pd.Series) -> pd.Series:
    """Return a series from which three hours are missing."""
    return series.mask((series.index >= GAP[0]) & (series.index < GAP[1]))


def battery_kw(index: pd.DatetimeIndex) -> pd.Series:
    """Return a battery's power, discharge positive: charging at noon, discharging in the evening."""
    hours = _hours(index)
    power = np.select([(hours >= 11) & (hours < 15), (hours >= 18) & (hours < 21.5)], [-18.0, 20.0], default=0.0)
    return pd.Series(power, index=index)


def soc(index: pd.DatetimeIndex) -> pd.Series:
    """Return the state of charge that belongs to `battery_kw`."""
    moved_kwh = (battery_kw(index) * QUARTER / HOUR).cumsum()
    return 0.35 - moved_kwh / BATTERY.capacity_kwh


def forecast(values: pd.Series) -> pd.DataFrame:
    """Return a forecast with its 80 % band around some values."""
    middle = values.rolling(6, center=True, min_periods=1).mean()
    return pd.DataFrame({Band.P10: 0.8 * middle, Band.P50: middle, Band.P90: 1.15 * middle})


def prices(index: pd.DatetimeIndex) -> pd.DataFrame:
    """Return hourly prices; at noon of the second day they are negative."""
    hourly = pd.date_range(index[0], index[-1], freq=HOUR, name="time")
    hours = _hours(hourly)
    buy = 0.22 + 0.1 * np.cos((hours - 19) / 12 * np.pi)
    buy = np.where((hours >= 12) & (hours < 14) & (hourly >= pd.Timestamp(GAP[1])), -0.03, buy)
    estimated = (hourly >= pd.Timestamp(NOW + 6 * HOUR)).astype(float)
    return pd.DataFrame({Price.IMPORT: buy, Price.EXPORT: 0.07, Price.ESTIMATED: estimated}, index=hourly)


def plan_steps() -> tuple[Step, ...]:
    """Return a plan of quarter hours from now to the end of the second day."""
    index = pd.date_range(NOW, END, freq=QUARTER, inclusive="left")
    charges, levels = battery_kw(index), soc(quarters()).reindex(index)
    net = load_kw(index) - pv_kw(index) - charges
    return tuple(
        _step(start.to_pydatetime(), float(power), float(grid), float(level))
        for start, power, grid, level in zip(index, charges, net, levels, strict=True)
    )


def payload() -> Payload:
    """Return the plan as a person signs it."""
    steps = plan_steps()
    index = pd.DatetimeIndex([step.start for step in steps])
    return Payload(
        project_id="gallery",
        device_id="b1",
        computed_at=NOW,
        expires_at=NOW + HOUR,
        objective=Objective.COST,
        currency="EUR",
        steps=steps,
        expected=_money(61.2),
        without_battery=_money(84.1),
        self_consumption=_money(71.5),
        soc_now=0.5,
        inputs=(InputUsed(name="load", newest=NOW, digest="00ff"),),
        plan={
            Plan.PV_KW: pv_kw(index).tolist(),
            Plan.LOAD_KW: load_kw(index).tolist(),
            Plan.IMPORT_PRICE: prices(quarters()).reindex(index, method="ffill")[Price.IMPORT].tolist(),
            Plan.EXPORT_PRICE: [0.07] * len(steps),
        },
        estimated_prices=0,
    )


def past_power() -> pd.DataFrame:
    """Return what was measured until now, as frames.Power."""
    index = quarters(NOW)
    load, pv, battery = load_kw(index), pv_kw(index), battery_kw(index)
    return pd.DataFrame(
        {Power.LOAD_KW: load, Power.PV_KW: pv, Power.BATTERY_KW: battery, Power.GRID_KW: load - pv - battery}
    )


def balance(**changes: object) -> NowBalance:
    """Return the powers at this moment; they balance unless told otherwise."""
    known: dict[str, object] = {
        "at": NOW, "pv_kw": 98.4, "load_kw": 52.0, "charge_kw": 18.0, "discharge_kw": 0.0, "import_kw": 0.0,
        "export_kw": 28.4, "grid_measured": True, "newest": NOW,
    }  # fmt: skip
    return NowBalance(**{**known, **changes})  # type: ignore[arg-type]


def tracking() -> Tracking:
    """Return set-points and what was measured beside them for the last two hours."""
    measured = pd.date_range(NOW - 2 * HOUR, NOW, freq=timedelta(minutes=1), inclusive="left", name="time")
    told = pd.date_range(NOW - 2 * HOUR, NOW, freq=QUARTER, name="time")
    levels = [-18.0, -18.0, -12.0, -12.0, 0.0, 0.0, 20.0, 20.0, 20.0]
    held = pd.Series(levels, index=told).reindex(measured, method="ffill")
    ahead = pd.Series([20.0, 20.0, 20.0], index=pd.DatetimeIndex([NOW, NOW + QUARTER, NOW + 2 * QUARTER]))
    return Tracking(
        start=NOW - 2 * HOUR, end=NOW + 2 * QUARTER, now=NOW, told=pd.Series(levels, index=told),
        measured=held + np.sin(np.arange(len(held)) / 7), step=timedelta(minutes=1), ahead=ahead, tolerance_kw=2.0,
    )  # fmt: skip


def view(kind: Range = Range.TWO_DAYS) -> View:
    """Return what an address asks for: the two days, or another range that ends with them."""
    first = START.astimezone(ZONE).date()
    return View(
        range=kind, first=first, last=first + timedelta(days=1), zone=ZONE, now=NOW, step=QUARTER,
        native=timedelta(minutes=5),
    )  # fmt: skip


def _hours(index: pd.DatetimeIndex) -> np.ndarray:
    local = index.tz_convert(ZONE)
    return np.asarray(local.hour + local.minute / 60, dtype=float)


def _step(start: datetime, power: float, grid: float, level: float) -> Step:
    intent = Intent.DISCHARGE if power > 0 else Intent.CHARGE if power < 0 else Intent.IDLE
    return Step(
        start=start, end=start + QUARTER, intent=intent, target_kw=abs(power), battery_kw=power, grid_kw=grid,
        power_min_kw=-75, power_max_kw=75, soc_min=0.1, soc_max=0.95, soc_end=level,
    )  # fmt: skip


def _money(cost: float) -> Money:
    return Money(cost=cost, co2_kg=118.0, import_kwh=240.0, export_kwh=60.0, peak_import_kw=52.0, cycles=0.6)
