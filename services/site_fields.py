"""What values of SITES_FILE may be: names, numbers, times of day and days of the week, each checked on reading."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")


def _as_id(value: object) -> object:
    """Return an id as a text: YAML reads 101 as a number, the energy API may do so too."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _as_zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{value!r} is no time zone, for example Australia/Melbourne") from None


def _as_time(value: object) -> time:
    """Return a time of day; 24:00 is the day's end. YAML reads 18:00 without quotes as 1080, the minutes of the day."""
    minutes = value if isinstance(value, int) and not isinstance(value, bool) else None
    if isinstance(value, str) and (found := CLOCK.fullmatch(value.strip())):
        minutes = 60 * int(found[1]) + int(found[2])
    if minutes is None or not 0 <= minutes <= 24 * 60:
        raise ValueError(f"{value!r} is no time of day, for example 18:30")
    return time(minutes // 60 % 24, minutes % 60)


def _as_weekdays(value: object) -> frozenset[int]:
    """Return days of the week by number, Monday first."""
    names = [str(name).lower() for name in value] if isinstance(value, list) else []
    if not names or not set(names) <= set(DAYS):
        raise ValueError(f"{value!r}: a list of days is needed, of {', '.join(DAYS)}")
    return frozenset(DAYS.index(name) for name in names)


Id = Annotated[str, BeforeValidator(_as_id), Field(min_length=1)]
Zone = Annotated[ZoneInfo, BeforeValidator(_as_zone)]
TimeOfDay = Annotated[time, BeforeValidator(_as_time)]
Weekdays = Annotated[frozenset[int], BeforeValidator(_as_weekdays)]
Share = Annotated[float, Field(ge=0, le=1)]
Efficiency = Annotated[float, Field(gt=0, le=1)]
Power = Annotated[float, Field(ge=0)]
Capacity = Annotated[float, Field(gt=0)]
Minutes = Literal[15, 30, 60]
EVERY_DAY = frozenset(range(len(DAYS)))


class Entry(BaseModel):
    """One entry of the file: no unknown keys, no NaN."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, arbitrary_types_allowed=True)
