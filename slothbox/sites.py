"""The demo's five sites, by project id: the table that the API, the plant and the streamer read."""

from functools import cache

from slothbox.demo.cambridge import cambridge_b005, cambridge_b071
from slothbox.demo.fontana import fontana
from slothbox.demo.konstanz import konstanz
from slothbox.demo.model import DemoSite, MarketKind, MarketSpec, MeasurandSpec
from slothbox.demo.monash import monash

__all__ = ["DemoSite", "MarketKind", "MarketSpec", "MeasurandSpec", "controllable_sites", "demo_sites", "site"]


@cache
def demo_sites() -> dict[str, DemoSite]:
    """Return every site by its project id."""
    sites = (monash(), fontana(), cambridge_b071(), cambridge_b005(), konstanz())
    return {entry.project_id: entry for entry in sites}


def site(project_id: str) -> DemoSite:
    """Return one site; KeyError when there is no such project."""
    return demo_sites()[project_id]


def controllable_sites() -> tuple[DemoSite, ...]:
    """Return the sites that have a battery."""
    return tuple(entry for entry in demo_sites().values() if entry.battery is not None)
