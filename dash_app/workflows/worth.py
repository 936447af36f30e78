"""What the energy of a view is worth: the prices and the CO2 that were published for its steps, and the sums with them.

Prices and weather are a second matter: when only they cannot be had, the page lives on and says which are missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import pandas as pd
import structlog

from dash_app.domain.energy_cost import EnergyCost, PricedSource, co2_of_steps, cost_of, price_of_steps, priced_sources
from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, RateLimited
from dash_app.domain.frames import Power, Price
from dash_app.domain.kpi import expected_until
from dash_app.domain.ports import Measurements, Session
from dash_app.domain.site import Quantity
from dash_app.domain.time import TimeGrid
from dash_app.domain.view import View
from dash_app.workflows.measured import Measured, Place

ALL_UP_TO = timedelta(days=31, hours=1)
"""A battery's fine-grained meters are loaded for ranges up to this long, as on the overview."""
PRICE_LAG = timedelta(hours=1)
Answer = TypeVar("Answer")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Prices and CO2 on the steps of a view; `prices` is all NaN where nothing is known, `co2` None without a series.

    `unreached` says that the server could not be asked for one of them.
    """

    currency: str
    prices: pd.DataFrame
    co2: pd.Series | None
    unreached: bool = False


def balance_is_loaded(place: Place, view: View) -> bool:
    """Return whether all meters of the balance are loaded for a view: those of a battery are not for a year."""
    return not place.of(Quantity.CHARGE_KW, Quantity.DISCHARGE_KW) or view.end - view.start <= ALL_UP_TO


def load_worth(session: Session, place: Place, view: View, *, measurements: Measurements) -> Worth | None:
    """Load what is published for a view, on the steps of the balance; None where no site says what a kWh costs."""
    site, project_id = place.site, place.project.project_id
    if site is None or view.until <= view.start:
        return None
    step = place.native(Quantity.PV_KW, Quantity.LOAD_KW)
    grid = TimeGrid.between(view.start, view.until, step)
    asked = [
        reached(lambda: measurements.prices(session, project_id, view.start, grid.end)),
        reached(lambda: measurements.co2(session, project_id, view.start, grid.end) if site.has_co2 else None),
    ]
    (prices, _), (co2, _) = asked
    return Worth(
        currency=site.currency,
        prices=price_of_steps(prices, grid, site),
        co2=co2_of_steps(co2, grid),
        unreached=not all(there for _, there in asked),
    )


def reached(ask: Callable[[], Answer]) -> tuple[Answer | None, bool]:
    """Return an answer and whether the server gave one; a server that is away or unreadable is logged, not raised."""
    try:
        return ask(), True
    except (ApiUnavailable, ApiUnreadable, RateLimited) as fault:
        log.warning("second source not reached", reason=str(fault))
        return None, False


def due_balance(measured: Measured) -> pd.DataFrame:
    """Return the balance up to where values are due: a tail of at most two steps that merely lags is no gap."""
    balance, step = measured.balance(), measured.balance_step
    known = balance[Power.LOAD_KW].where(balance.notna().all(axis=1))
    return balance.loc[balance.index < expected_until(known, step, measured.view.until)]


def cost_over(measured: Measured, worth: Worth | None) -> EnergyCost | None:
    """Return cost and CO2 of the view at the connection; None without a load, prices, or all meters.

    Some prices are published when their step is over: a tail of up to an hour without one is not due yet.
    """
    if not _can_be_told(measured) or worth is None:
        return None
    balance = due_balance(measured)
    newest = worth.prices[Price.IMPORT].last_valid_index()
    if newest is not None and not balance.empty and balance.index[-1] - newest <= PRICE_LAG:
        balance = balance.loc[balance.index <= newest]
    return None if balance.empty else cost_of(balance[Power.GRID_KW], worth.prices, worth.co2, measured.balance_step)


def sources_over(measured: Measured, worth: Worth | None) -> dict[Power, PricedSource] | None:
    """Return where the load's energy came from with its worth; None without a load or without all meters."""
    if not _can_be_told(measured):
        return None
    balance = due_balance(measured)
    prices = worth.prices if worth else pd.DataFrame({Price.IMPORT: float("nan")}, index=balance.index)
    return priced_sources(balance, prices, worth.co2 if worth else None, measured.balance_step)


def _can_be_told(measured: Measured) -> bool:
    return bool(measured.place.of(Quantity.LOAD_KW)) and balance_is_loaded(measured.place, measured.view)
