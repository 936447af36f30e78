"""The site's calendar: which days are working days, Saturdays, Sundays and public holidays.

The place of the holidays follows from the time zone; a zone that is not listed has none, and only weekends count there.
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

WORKING, SATURDAY, SUNDAY = 0, 1, 2
AHEAD = timedelta(days=16)
"""How far beyond the history the calendar is laid out."""

PLACE_OF_ZONE: dict[str, tuple[str, str | None]] = {
    "Europe/London": ("GB", "ENG"),
    "Europe/Dublin": ("IE", None),
    "Europe/Berlin": ("DE", None),
    "Europe/Vienna": ("AT", None),
    "Europe/Zurich": ("CH", None),
    "Europe/Paris": ("FR", None),
    "Europe/Amsterdam": ("NL", None),
    "Europe/Brussels": ("BE", None),
    "Europe/Luxembourg": ("LU", None),
    "Europe/Madrid": ("ES", None),
    "Europe/Lisbon": ("PT", None),
    "Europe/Rome": ("IT", None),
    "Europe/Copenhagen": ("DK", None),
    "Europe/Stockholm": ("SE", None),
    "Europe/Oslo": ("NO", None),
    "Europe/Helsinki": ("FI", None),
    "Europe/Warsaw": ("PL", None),
    "Europe/Prague": ("CZ", None),
    "America/New_York": ("US", "NY"),
    "America/Chicago": ("US", "IL"),
    "America/Denver": ("US", "CO"),
    "America/Los_Angeles": ("US", "CA"),
    "Australia/Melbourne": ("AU", "VIC"),
    "Australia/Sydney": ("AU", "NSW"),
    "Australia/Brisbane": ("AU", "QLD"),
    "Australia/Adelaide": ("AU", "SA"),
    "Australia/Perth": ("AU", "WA"),
    "Australia/Hobart": ("AU", "TAS"),
    "Australia/Darwin": ("AU", "NT"),
}


def day_type_calendar(first: pd.Timestamp, last: pd.Timestamp, zone: ZoneInfo) -> pd.Series:
    """Return the day type of every local day from `first` to 16 days after `last`, by naive midnight."""
    days = pd.date_range(first.normalize(), (last + AHEAD).normalize(), freq="D")
    week_day = np.asarray(days.day_of_week)
    types = np.where(week_day == 5, SATURDAY, np.where(week_day == 6, SUNDAY, WORKING))
    free = np.asarray(days.isin(holidays_of(zone, range(days[0].year, days[-1].year + 1))))
    return pd.Series(np.where(free, SUNDAY, types), index=days)


@lru_cache(maxsize=64)
def holidays_of(zone: ZoneInfo, years: range) -> pd.DatetimeIndex:
    """Return the public holidays at a time zone as naive midnights; none where the zone is not listed."""
    place = PLACE_OF_ZONE.get(zone.key or "")
    if place is None:
        return pd.DatetimeIndex([])
    from holidays import country_holidays

    country, region = place
    return pd.DatetimeIndex(sorted(pd.Timestamp(day) for day in country_holidays(country, subdiv=region, years=years)))
