"""The campus with a battery whose days can be reckoned in the head, and with prices published until midnight.

It charges 20 kW from 10 to 14, discharges from 18 to 22 what came in less 7.8 % each way; each day ends as it began.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.measurement import Published
from dash_app.domain.ports import Session
from dash_app.domain.project import Project, ProjectType
from dash_app.domain.recommendation import Payload
from dash_app.domain.site import Measurand, Quantity, Site, TariffPart
from tests.fakes.campus import MINUTE, ZONE, CampusMeasurements, measurands, plan, project, site

CAPACITY_KWH, EFFICIENCY = 150.0, 0.922
CHARGE_KW, HOURS = 20.0, 4
DISCHARGE_KW = CHARGE_KW * EFFICIENCY**2
SOC_AT_MIDNIGHT = 0.3
SOC_ID = "303"
FEES = 0.08


def listed() -> tuple[Measurand, ...]:
    """Return the measurands of the campus with the state of charge."""
    soc = Measurand(
        measurand_id=SOC_ID, code="SOC", name="State of charge", quantity=Quantity.SOC, resolution=MINUTE, unit="%",
        simulated=True,
    )  # fmt: skip
    return (*measurands(), soc)


def battery_project(kind: ProjectType = ProjectType.PV) -> Project:
    """Return the campus as the sign-in answer lists it."""
    return replace(project(), type=kind, measurand_ids=tuple(m.measurand_id for m in listed()))


def battery_site(**changes: object) -> Site:
    """Return the campus with a tariff, and a reserve that the battery keeps."""
    known = site()
    assert known.battery is not None
    tariff = (TariffPart(valid_from=date(2020, 1, 1), fees_per_kwh=FEES),)
    kept: dict[str, object] = {"tariff": tariff, "battery": replace(known.battery, soc_reserve=0.2)}
    return replace(known, **{**kept, **changes})  # type: ignore[arg-type]


def battery_series(m: Measurand, index: pd.DatetimeIndex) -> np.ndarray:
    """Return charge, discharge (kW) or SoC (0..1) at minutes."""
    local = index.tz_convert(ZONE)
    hour = np.asarray(local.hour + local.minute / 60)
    if m.quantity is Quantity.CHARGE_KW:
        return np.where((hour >= 10) & (hour < 14), CHARGE_KW, 0.0)
    if m.quantity is Quantity.DISCHARGE_KW:
        return np.where((hour >= 18) & (hour < 22), DISCHARGE_KW, 0.0)
    middle = hour + 0.5 / 60
    into = CHARGE_KW * EFFICIENCY * np.clip(middle - 10, 0, HOURS)
    out = DISCHARGE_KW / EFFICIENCY * np.clip(middle - 18, 0, HOURS)
    return np.asarray(SOC_AT_MIDNIGHT + (into - out) / CAPACITY_KWH)


def market_price(index: pd.DatetimeIndex) -> np.ndarray:
    """Return what the market published, per kWh: dear from 18 to 20, below zero from 12 to 13."""
    hour = index.tz_convert(ZONE).hour.to_numpy()
    return np.where((hour >= 18) & (hour < 20), 0.35, np.where(hour == 12, -0.1, 0.06))


class BatteryMeasurements(CampusMeasurements):
    """The port for that campus; without `priced` nothing is published."""

    priced = True

    def __init__(self, clock: object) -> None:
        super().__init__(clock)  # type: ignore[arg-type]
        self.listed = listed()

    def _series(self, m: Measurand, start: datetime, end: datetime) -> pd.Series:
        series = super()._series(m, start, end)
        if m.quantity in (Quantity.CHARGE_KW, Quantity.DISCHARGE_KW, Quantity.SOC):
            values = battery_series(m, pd.DatetimeIndex(series.index))
            return series.where(series.isna(), pd.Series(values, index=series.index))
        return series

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        if not self.priced:
            return None
        until = min(end, self.clock() + timedelta(hours=3))
        index = pd.date_range(pd.Timestamp(start).floor("h"), until, freq="30min", inclusive="left", name="time")
        values = pd.Series(market_price(index), index=index)
        return Published(issued_at=self.clock(), values=values, unit="AUD/kWh")


def battery_plan() -> Payload:
    """Return a plan for the campus, in force since midnight."""
    return plan()
