"""Quiet hours: when only what is urgent is sent. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dash_app.domain.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """Local hours in which only what is urgent is sent; `start` may be later than `end`."""

    start: time
    end: time

    def ends_at(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the quiet hours end that `now` lies in, or None outside of them.

        >>> quiet = QuietHours(start=time(22), end=time(6))
        >>> quiet.ends_at(datetime(2026, 11, 3, 23, tzinfo=UTC), ZoneInfo("UTC")).isoformat()
        '2026-11-04T06:00:00+00:00'
        >>> quiet.ends_at(datetime(2026, 11, 3, 12, tzinfo=UTC), ZoneInfo("UTC")) is None
        True
        """
        local = now.astimezone(zone)
        clock = local.time().replace(tzinfo=None)
        overnight = self.start > self.end
        inside = (clock >= self.start or clock < self.end) if overnight else self.start <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=1 if overnight and clock >= self.start else 0)
        ends: datetime = datetime.combine(day, self.end, zone)
        return ends.astimezone(UTC)


def parse_quiet_hours(text: str) -> QuietHours | None:
    """Return the hours of a text like 22:00-06:00, None for an empty one; raise ConfigError.

    >>> parse_quiet_hours("22:00-06:00")
    QuietHours(start=datetime.time(22, 0), end=datetime.time(6, 0))
    """
    if not text.strip():
        return None
    try:
        start, end = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ConfigError(f"QUIET_HOURS: {text!r} is not like 22:00-06:00.") from None
    return QuietHours(start=start.replace(tzinfo=None), end=end.replace(tzinfo=None))
