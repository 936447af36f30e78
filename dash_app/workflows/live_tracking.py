"""Gather set-point and measured power of the last hours, for the live page's chart."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd

from dash_app.domain.measurement import total_of
from dash_app.domain.ports import Session
from dash_app.domain.site import Quantity
from dash_app.domain.tracking import Tracking, planned, told_by
from dash_app.workflows.live import LivePorts, place_of, rules_at
from dash_app.workflows.live_slots import LOOK_AHEAD, LOOK_BACK, ROWS
from dash_app.workflows.measured import Place


def track(given: LivePorts, session: Session, pathname: str) -> tuple[Tracking | None, Place]:
    """Return set-point and measured power of the last hours, None without a battery; raise what the ports raise."""
    now = given.clock()
    place, _fault = place_of(given, session, pathname)
    battery = place.site.battery if place.site else None
    if battery is None:
        return None, place
    start, end = now - LOOK_BACK, now + LOOK_AHEAD
    project_id = place.project.project_id
    rows = given.ledger.rows(project_id, start - timedelta(hours=1), ROWS)
    step = place.native(Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)
    rules = rules_at(given, place)
    tracking = Tracking(
        start=start,
        end=end,
        now=now,
        told=told_by([row for row in rows if row.device_id == battery.device_id], now),
        measured=_battery_kw(given, session, place, start, now, step),
        step=step,
        ahead=planned(given.recommendations.in_force(project_id), now, end),
        tolerance_kw=rules.tolerance_kw if rules else None,
    )
    return tracking, place


def _battery_kw(
    given: LivePorts, session: Session, place: Place, start: datetime, end: datetime, step: timedelta
) -> pd.Series:
    """Return the measured battery power, discharge positive; empty where the API has none."""
    pair = (Quantity.DISCHARGE_KW, Quantity.CHARGE_KW)
    parts = [m for quantity in pair for m in place.of(quantity)]
    if not parts:
        return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz=UTC))
    ids = [m.measurand_id for m in parts]
    window = given.measurements.load_window(session, place.project, start, end, ids)
    signs = {quantity: sign for quantity, sign in zip(pair, (1.0, -1.0), strict=True) if place.of(quantity)}
    sums = [sign * total_of(window, place.measurands, quantity, step) for quantity, sign in signs.items()]
    total = pd.concat(sums, axis=1).sum(axis=1, skipna=False)
    return total[(total.index >= pd.Timestamp(start)) & (total.index <= pd.Timestamp(end) - step)]
