"""Gather what the expected yield of days needs: the arrays' past four weeks, and the clear sky they were under."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pandas as pd

from dash_app.domain.expected_yield import REFERENCE_DAYS, ExpectedDay, expected_yield
from dash_app.domain.measurement import Window, total_of
from dash_app.domain.site import Quantity, Site
from dash_app.domain.time import TimeGrid, local_midnight, measured_at
from dash_app.workflows.measured import Place
from optimizer.forecast.sun import clear_sky_shape

ONE_DAY = timedelta(days=1)


def clear_sky_of(
    site: Site, index: pd.DatetimeIndex, step: timedelta, measured_shift: timedelta, now: datetime
) -> pd.Series:
    """Return the clear sky (W/m2) over a UTC index of serving, for the moments at which its values were measured.

    `measured_shift` is served minus measured time at `now`; the replay keeps the site's wall clock.
    """
    measured = measured_at(index, measured_shift, now, site.timezone)
    sky = clear_sky_shape(measured, step, latitude=site.latitude, longitude=site.longitude)
    return pd.Series(sky, index=index)


def expected_days(place: Place, window: Window, days: Sequence[date], now: datetime) -> tuple[ExpectedDay, ...]:
    """Return what the arrays should have brought on each of `days`, from a window that holds the 28 days before too.

    Nothing is expected without PV or without a site that says where the sun stands.
    """
    arrays = place.of(Quantity.PV_KW)
    if not arrays or place.site is None or not days:
        return ()
    step = place.native(Quantity.PV_KW)
    start, end = span_of(days, place)
    index = TimeGrid.between(start, end, step).index()
    shift = max(m.measured_shift for m in arrays)
    sky = clear_sky_of(place.site, index, step, shift, now)
    power = total_of(window, arrays, Quantity.PV_KW, step).reindex(index)
    return expected_yield(power, sky, step, days, place.zone)


def span_of(days: Sequence[date], place: Place) -> tuple[datetime, datetime]:
    """Return from when to when values are needed for the expectation of these days, UTC."""
    first = local_midnight(min(days) - REFERENCE_DAYS * ONE_DAY, place.zone)
    return first, local_midnight(max(days) + ONE_DAY, place.zone)
