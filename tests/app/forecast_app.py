"""The whole app in front of the campus with a ledger of forecasts; `python -m tests.app.forecast_app PORT` shows it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pandas as pd

from dash_app.app import create_app
from dash_app.domain.forecasting import ForecastRecord, ModelKind, ModelRecord, ModelSwitch, Role, SwitchReason
from dash_app.domain.measurement import Published
from dash_app.domain.site import Quantity, TariffPart
from tests.app.building import MANAGER, PASSWORD, build
from tests.app.campus_app import Campus
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.campus import NOW, CampusMeasurements, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.issued import of_the_campus
from tests.fakes.store import FakeStore

HOUR = timedelta(hours=1)
TRAINED_AT = NOW - timedelta(days=1)
WEIGHTS = {
    "boosting": (0.42, 0.38, 0.41, 0.47),
    "harmonic_regression": (0.38, 0.22, 0.09, 0.05),
    "profile_carried_on": (0.18, 0.20, 0.10, 0.06),
    "similar_days": (0.02, 0.15, 0.26, 0.24),
    "weekly_median": (0.0, 0.05, 0.14, 0.18),
    "day_mean": (0.0, 0.0, 0.004, 0.0),
    "day_type_mean": (0.0, 0.0, 0.0, 0.0),
}


class Priced(CampusMeasurements):
    """The campus with a price every hour: dearer in the evening."""

    def prices(self, session, project_id, start, end):
        index = pd.date_range(pd.Timestamp(start).floor("h"), end, freq="h", name="time")
        values = [0.31 if 7 <= at.hour < 11 else 0.12 for at in index]
        return Published(issued_at=NOW, values=pd.Series(values, index=index), unit="AUD/kWh")


def a_model() -> ModelRecord:
    """Return a model of the demand, trained a day ago."""
    return ModelRecord(
        model_id="load-1",
        project_id="monash",
        quantity=Quantity.LOAD_KW,
        kind=ModelKind.TRAINED,
        trained_at=TRAINED_AT,
        days_of_history=402.0,
        error_kw=3.11,
        rival_error_kw=3.36,
        scored=4200,
        took_s=17.4,
    )


def a_switch() -> ModelSwitch:
    """Return the change to that model."""
    return ModelSwitch(
        project_id="monash",
        quantity=Quantity.LOAD_KW,
        at=TRAINED_AT,
        from_model="simple",
        to_model="load-1",
        reason=SwitchReason.FIRST_TRAINED,
        from_error_kw=3.36,
        to_error_kw=3.11,
        scored=4200,
    )


def records(now: datetime = NOW) -> Iterator[ForecastRecord]:
    """Return an hourly forecast of the last four days, of demand and PV, and a challenger's every six hours."""
    for back in range(96, -1, -1):
        at = now - back * HOUR
        trained = at >= TRAINED_AT
        made = {"model_id": "load-1", "kind": ModelKind.TRAINED, "trained_at": TRAINED_AT} if trained else {}
        left = {"spikes": 3, "zero_runs": 96}
        yield of_the_campus(at, factor=1.04, weights=WEIGHTS, left_out=left, missing=214, days=402.0, **made)
        yield of_the_campus(at, Quantity.PV_KW, weights={"clear_sky_median_28": (0.6,) * 4, "boosting": (0.4,) * 4})
        if back % 6 == 0 and trained:
            yield of_the_campus(at, factor=0.97, role=Role.CHALLENGER)


def build_forecast(*, filled: bool = True) -> Campus:
    """Return the app of one manager; `filled` puts forecasts, a model and a switch into the ledger."""
    clock = FakeClock(NOW)
    api, store, measurements = FakeEnergyApi(clock), FakeStore(clock), Priced(clock)
    api.add_person(MANAGER, PASSWORD, project())
    if filled:
        store.forecasts.kept.extend(records())
        store.forecasts.add_model(a_model())
        store.forecasts.add_switch(a_switch())
    part = TariffPart(valid_from=date(2020, 1, 1), fees_per_kwh=0.06, export_per_kwh=0.05)
    workspace = replace(
        build().workspace,
        clock=clock,
        api=api,
        measurements=measurements,
        sites=FakeSites(replace(site(), tariff=(part,))),
        sessions=store.sessions,
        recommendations=store.recommendations,
        forecasts=store.forecasts,
    )
    return Campus(create_app(workspace), clock, measurements, store)


if __name__ == "__main__":
    build_forecast().app.run(host="127.0.0.1", port=int(sys.argv[1]), debug=False)
