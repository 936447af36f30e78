"""How much a measurand can plausibly read, from the nameplates in SITES_FILE: three times as much is a unit slip."""

from __future__ import annotations

from collections.abc import Callable

from dash_app.domain.ports import Sites
from dash_app.domain.site import Measurand, Quantity, Site

FACTOR = 3.0


def ceilings_from(sites: Sites) -> Callable[[str, Measurand], float | None]:
    """Return the function that knows the highest plausible power, kW, or None where there is no nameplate."""

    def ceiling_kw(project_id: str, measurand: Measurand) -> float | None:
        site = sites.site_of(project_id)
        nameplate_kw = None if site is None else _nameplate_kw(site, measurand)
        return FACTOR * nameplate_kw if nameplate_kw else None

    return ceiling_kw


def _nameplate_kw(site: Site, measurand: Measurand) -> float | None:
    """Return the power that the plant behind a measurand is built for; for a load, all that can supply the site."""
    pv_kw = sum(array.kwp for array in site.arrays)
    charge_kw, discharge_kw = (site.battery.charge_kw, site.battery.discharge_kw) if site.battery else (0.0, 0.0)
    match measurand.quantity:
        case Quantity.PV_KW | Quantity.PV_FORECAST_KW:
            own = [array.kwp for array in site.arrays if array.measurand_id == measurand.measurand_id]
            return own[0] if own else pv_kw
        case Quantity.CHARGE_KW:
            return charge_kw
        case Quantity.DISCHARGE_KW:
            return discharge_kw
        case Quantity.IMPORT_KW:
            return site.grid.import_limit_kw
        case Quantity.EXPORT_KW:
            return site.grid.export_limit_kw
        case Quantity.LOAD_KW | Quantity.LOAD_FORECAST_KW:
            return site.grid.import_limit_kw + pv_kw + discharge_kw
        case _:
            return None
