"""A site with a battery whose numbers can be reckoned in the head: 100 kWh, 20 kW, no losses."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from dash_app.domain.site import Battery, GridConnection, Site

BATTERY = Battery(
    battery_id="ess1",
    name="Battery 1",
    device_id="monash-ess1",
    capacity_kwh=100.0,
    charge_kw=20.0,
    discharge_kw=20.0,
    charge_efficiency=1.0,
    discharge_efficiency=1.0,
    soc_min=0.1,
    soc_max=0.95,
)
SITE = Site(
    project_id="monash",
    name="Monash campus",
    timezone=ZoneInfo("Australia/Melbourne"),
    currency="AUD",
    latitude=-37.9,
    longitude=145.1,
    place="Clayton",
    grid=GridConnection(import_limit_kw=300.0, export_limit_kw=150.0),
    battery=BATTERY,
)
