"""The yield of the arrays on the overview: each day against what was to be expected, and kWh per kWp."""

from __future__ import annotations

from typing import Any

from components.formula import with_formula
from components.graph import drawn
from components.numbers import day_words, number, with_unit
from components.words import _, ngettext
from components.yield_bars import YieldBar, yield_bars_figure, yield_chips
from dash_app.domain.expected_yield import REFERENCE_DAYS
from dash_app.domain.own_use import nameplate_kwp, specific_yield
from dash_app.domain.site import Quantity
from dash_app.workflows.overview import Overview, YieldDay

HEIGHT, PHONE_HEIGHT = 220, 200


def yield_view(overview: Overview) -> dict[str, Any] | None:
    """Return what fills the chart of expected against actual yield; None where there is no PV."""
    if not overview.place.of(Quantity.PV_KW):
        return None
    bars = [_bar(day) for day in overview.yields or ()]
    return {
        "drawn": drawn(yield_bars_figure(bars), height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": _("Expected: clear sky of each day × performance of the %(days)d days before", days=REFERENCE_DAYS),
        "legend": yield_chips(),
        "caption": _("Reading the weeks before.") if overview.yields is None else _caption(bars),
    }


def specific_yield_words(overview: Overview, energy_kwh: float | None, period: str) -> Any:
    """Say how many kWh each kWp of the arrays brought, with its formula on request; '' where the size is not known."""
    kwp = nameplate_kwp(overview.place.site, overview.place.of(Quantity.PV_KW))
    found = None if energy_kwh is None else specific_yield(energy_kwh, kwp)
    if found is None:
        return ""
    facts = {"period": period, "value": with_unit(found, "kWh/kWp", 2), "kwp": with_unit(kwp, "kWp")}
    words = _("Specific yield %(period)s: %(value)s of %(kwp)s.") % facts
    return with_formula(words, _("Specific yield = energy of all arrays / their nameplate power."))


def _bar(day: YieldDay) -> YieldBar:
    expected = day.expected
    return YieldBar(
        day=day.day,
        actual_kwh=day.actual_kwh,
        expected_kwh=None if expected is None else expected.expected_kwh,
        low_kwh=None if expected is None else expected.low_kwh,
        high_kwh=None if expected is None else expected.high_kwh,
        whole=day.whole,
    )


def _caption(bars: list[YieldBar]) -> str:
    told = [bar for bar in bars if bar.inside is not None]
    whole = [(bar, bar.actual_kwh) for bar in bars if bar.whole and bar.actual_kwh is not None]
    words = _("What was to be expected is not known: too few days were measured before, or the place is not set up.")
    if told:
        inside = sum(bool(bar.inside) for bar in told)
        words = ngettext(
            "%(inside)d of %(num)d complete day inside the expected range.",
            "%(inside)d of %(num)d complete days inside the expected range.",
            len(told),
            inside=inside,
        )
    if not whole:
        return words
    lowest, kwh = min(whole, key=lambda pair: pair[1])
    return f"{words} {_('Lowest: %(day)s, %(kwh)s kWh.', day=day_words(lowest.day), kwh=number(kwh))}"
