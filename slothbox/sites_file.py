"""The SITES_FILE of the demo: what the energy API does not say about its five sites, as YAML (docs/files.md)."""

from datetime import date
from typing import Any

import yaml

from slothbox.demo.model import Category, DemoSite
from slothbox.sites import demo_sites

VALID_FROM = date(2016, 1, 1)
SOC_RESERVE = 0.1


def sites_text() -> str:
    """Return the whole file."""
    entries = [_entry(site) for site in demo_sites().values()]
    head = "# Written at every start of the embedded edge from its own site tables; do not edit.\n"
    return head + yaml.safe_dump({"sites": entries}, sort_keys=False, allow_unicode=True)


def _entry(site: DemoSite) -> dict[str, Any]:
    terms = site.terms
    entry: dict[str, Any] = {
        "project": site.project_id,
        "name": site.name,
        "timezone": str(site.tz),
        "currency": site.currency,
        "place": site.place,
        "latitude": site.latitude,
        "longitude": site.longitude,
        "grid": {"import_limit_kw": terms.import_limit_kw, "export_limit_kw": terms.export_limit_kw},
        "tariff": [_tariff(site)],
        "co2": site.market("co2") is not None,
        "weather": site.market("weather") is not None,
        "plan_step_min": terms.plan_step_min,
        "plan_every_min": terms.plan_every_min,
    }
    return entry | _battery(site) | _arrays(site)


def _tariff(site: DemoSite) -> dict[str, Any]:
    terms = site.terms
    part: dict[str, Any] = {
        "valid_from": VALID_FROM,
        "energy_factor": terms.energy_factor,
        "fees_per_kwh": terms.fees_per_kwh,
    }
    if terms.export_per_kwh is not None:
        return part | {"export_per_kwh": terms.export_per_kwh}
    return part | {"export_factor": terms.export_factor}


def _battery(site: DemoSite) -> dict[str, Any]:
    spec = site.battery
    if spec is None:
        return {}
    battery = {
        "id": "ess1",
        "name": "Battery 1",
        "device": site.battery_device,
        "capacity_kwh": spec.capacity_kwh,
        "charge_kw": spec.charge_kw,
        "discharge_kw": spec.discharge_kw,
        "charge_efficiency": spec.charge_efficiency,
        "discharge_efficiency": spec.discharge_efficiency,
        "soc_min": spec.soc_min,
        "soc_max": spec.soc_max,
        "soc_reserve": SOC_RESERVE,
        "wear_per_kwh": site.wear_per_kwh,
        "simulated": True,
    }
    return {"battery": battery, "execution": "value"}


def _arrays(site: DemoSite) -> dict[str, Any]:
    arrays = [
        {"measurand": spec.measurand_id, "name": spec.title, "kwp": spec.kwp}
        for spec in site.measurands
        if spec.category is Category.PV
    ]
    return {"arrays": arrays} if arrays else {}
