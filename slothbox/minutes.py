"""From a reading every few seconds to the mean of each minute, labelled by the minute's start."""

from collections import defaultdict
from datetime import datetime

from slothbox.plant_reader import Reading

FEWEST_READINGS = 6


class MinuteMeans:
    """Collects one plant's readings; a minute with fewer than six readings of a value has no mean of it."""

    def __init__(self) -> None:
        """Start with no minute."""
        self._minute: datetime | None = None
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, moment: datetime, reading: Reading) -> tuple[datetime, Reading] | None:
        """Take in one reading; return (start, means) of the minute that it ends, None when it ends none."""
        minute = moment.replace(second=0, microsecond=0)
        ended = None
        if self._minute is not None and minute > self._minute:
            ended = (self._minute, self._means())
            self._values.clear()
        self._minute = minute
        for code, value in reading.items():
            self._values[code].append(value)
        return ended if ended and ended[1] else None

    def _means(self) -> Reading:
        return {
            code: round(sum(values) / len(values), 6)
            for code, values in self._values.items()
            if len(values) >= FEWEST_READINGS
        }
