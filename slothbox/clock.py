"""The edge's clock: real time, moved by a fixed offset when a test or a demonstration asks for another moment."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def shifted_clock(offset_s: float = 0.0) -> Clock:
    """Return a clock in UTC that runs `offset_s` seconds ahead of real time (negative: behind)."""
    offset = timedelta(seconds=offset_s)
    return lambda: datetime.now(UTC) + offset
