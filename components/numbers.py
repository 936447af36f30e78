"""Numbers and times as people read them here: U+2212 for minus, a no-break space before the unit, the site's own zone.

Pure formatting; every figure on screen goes through one of these. Decimal sign, order and names are those of the
request's language.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from components.words import SOURCE_LANGUAGE, _, language, mark
from dash_app.domain.units import MINUS, NO_BREAK_SPACE

NO_VALUE = "–"
DAYS = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))
MONTHS = (
    mark("Jan"), mark("Feb"), mark("Mar"), mark("Apr"), mark("May"), mark("Jun"),
    mark("Jul"), mark("Aug"), mark("Sep"), mark("Oct"), mark("Nov"), mark("Dec"),
)  # fmt: skip


def number(value: float | None, decimals: int | None = None) -> str:
    """Return a number with 1 decimal below 100 and none from there on, or with `decimals`; a dash where there is none.

    >>> number(36.24), number(1357.4), number(99.96), number(-12.5), number(None), number(-0.04)
    ('36.2', '1,357', '100', '−12.5', '–', '0.0')
    """
    if value is None or not math.isfinite(value):
        return NO_VALUE
    if decimals is None:
        decimals = 1 if round(abs(value), 1) < 100 else 0
    text = f"{abs(value):,.{decimals}f}"
    text = f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text
    return text if language() == SOURCE_LANGUAGE else text.translate(_signs(language()))


def separators() -> str:
    """Return the decimal sign and the sign between thousands of the request's language, as Plotly wants them.

    >>> separators()
    '.,'
    """
    signs = _signs(language())
    return signs[ord(".")] + signs[ord(",")]


def with_unit(value: float | None, unit: str, decimals: int | None = None) -> str:
    """Return a number with its unit.

    >>> with_unit(118.2, "kW")
    '118\\xa0kW'
    """
    return f"{number(value, decimals)}{NO_BREAK_SPACE}{unit}"


def percent(fraction: float | None, decimals: int = 0) -> str:
    """Return a fraction (0..1) in percent; only 1 itself is 100 %.

    >>> percent(0.924), percent(0.9996), percent(1.0), percent(0.0)
    ('92\\xa0%', '99\\xa0%', '100\\xa0%', '0\\xa0%')
    """
    if fraction is None:
        return with_unit(None, "%")
    shown = round(100 * fraction, decimals)
    if shown == 100 and fraction < 1:
        shown -= 10.0**-decimals
    return with_unit(shown, "%", decimals)


def money(amount: float | None, currency: str, decimals: int = 2) -> str:
    """Return an amount in the project's currency.

    >>> money(-34.917, "AUD")
    'AUD\\xa0−34.92'
    """
    return _fixed(_("%(currency)s %(amount)s", currency=currency, amount=number(amount, decimals)))


def duration(length: timedelta) -> str:
    """Return a length of time in its largest fitting unit.

    >>> [duration(timedelta(seconds=seconds)) for seconds in (12, 1320, 5400, 7200, 200000)]
    ['12\\xa0s', '22\\xa0min', '1\\xa0h 30\\xa0min', '2\\xa0h', '2\\xa0d']
    """
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds}{NO_BREAK_SPACE}s"
    if seconds < 3600:
        return f"{seconds // 60}{NO_BREAK_SPACE}min"
    if seconds < 48 * 3600:
        minutes = seconds % 3600 // 60
        rest = f" {minutes}{NO_BREAK_SPACE}min" if minutes else ""
        return f"{seconds // 3600}{NO_BREAK_SPACE}h{rest}"
    return f"{seconds // 86400}{NO_BREAK_SPACE}d"


def step_words(step: timedelta) -> str:
    """Return the length of a step for people.

    >>> step_words(timedelta(minutes=15)), step_words(timedelta(hours=6)), step_words(timedelta(days=1))
    ('15\\xa0min', '6\\xa0h', '1\\xa0d')
    """
    if step >= timedelta(days=1):
        return f"{step.days}{NO_BREAK_SPACE}d"
    minutes = int(step / timedelta(minutes=1))
    return f"{minutes // 60}{NO_BREAK_SPACE}h" if minutes % 60 == 0 else f"{minutes}{NO_BREAK_SPACE}min"


def clock_time(moment: datetime, zone: ZoneInfo) -> str:
    """Return hours and minutes at the site.

    >>> from datetime import UTC
    >>> clock_time(datetime(2020, 9, 28, 3, 30, tzinfo=UTC), ZoneInfo("Australia/Melbourne"))
    '13:30'
    """
    return moment.astimezone(zone).strftime("%H:%M")


def day_words(day: date, *, weekday: bool = False, year: bool = False) -> str:
    """Return a calendar day.

    >>> day_words(date(2020, 9, 28)), day_words(date(2020, 9, 28), weekday=True, year=True)
    ('28\\xa0Sep', 'Mon 28\\xa0Sep\\xa02020')
    """
    text = _fixed(_("%(day)d %(month)s", day=day.day, month=month_words(day)))
    text = f"{_(DAYS[day.weekday()])} {text}" if weekday else text
    return f"{text}{NO_BREAK_SPACE}{day.year}" if year else text


def month_words(day: date) -> str:
    """Return the short name of a day's month.

    >>> month_words(date(2020, 9, 28))
    'Sep'
    """
    return _(MONTHS[day.month - 1])


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return a moment with its day, in the site's zone.

    >>> from datetime import UTC
    >>> moment_words(datetime(2020, 9, 28, 1, 15, tzinfo=UTC), ZoneInfo("Australia/Melbourne"))
    'Mon 28\\xa0Sep 11:15'
    """
    local = moment.astimezone(zone)
    return f"{day_words(local.date(), weekday=True)} {local.strftime('%H:%M')}"


def since_words(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return a moment as its time when it is of today, else with its day."""
    same_day = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return clock_time(moment, zone) if same_day else moment_words(moment, zone)


def period_words(first: date, last: date, *, year: bool = True) -> str:
    """Return the days from `first` to `last`, both included, in the fewest words.

    >>> period_words(date(2020, 9, 27), date(2020, 9, 28)), period_words(date(2020, 2, 1), date(2020, 2, 1))
    ('27–28\\xa0Sep\\xa02020', '1\\xa0Feb\\xa02020')
    >>> period_words(date(2020, 9, 28), date(2020, 10, 4), year=False)
    '28\\xa0Sep – 4\\xa0Oct'
    """
    if first == last:
        return day_words(last, year=year)
    if (first.year, first.month) == (last.year, last.month):
        return _("%(first)d–%(last)s", first=first.day, last=day_words(last, year=year))
    return f"{day_words(first, year=year and first.year != last.year)} – {day_words(last, year=year)}"


def zone_words(moment: datetime, zone: ZoneInfo) -> str:
    """Return the short name of the site's zone at a moment, as the zone data have it (AEST, BST, +07)."""
    return moment.astimezone(zone).tzname() or zone.key


def _fixed(text: str) -> str:
    """Return a text that is never broken into two lines."""
    return text.replace(" ", NO_BREAK_SPACE)


@lru_cache
def _signs(code: str) -> dict[int, str]:
    """Return what replaces the English decimal point and comma, for `str.translate`."""
    symbols = Locale.parse(code).number_symbols["latn"]
    return {ord("."): symbols["decimal"], ord(","): symbols["group"]}
