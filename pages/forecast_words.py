"""The words of the Forecast page: what a forecast stands on, which model made it, and why another one took over."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from components.numbers import day_words, number, percent, with_unit
from components.words import _, mark, ngettext
from dash_app.domain.forecasting import (
    LEAD_EDGES_H,
    SIMPLE_MODEL_ID,
    ForecastRecord,
    ModelKind,
    ModelRecord,
    ModelSwitch,
    Role,
    SwitchReason,
)
from dash_app.domain.site import Quantity
from dash_app.domain.units import NO_BREAK_SPACE

COMPONENTS = {
    "day_naive": mark("The day before, as it was"),
    "harmonic_regression": mark("Regression on calendar and recent hours"),
    "profile_carried_on": mark("Weekly profile, carried on from now"),
    "similar_days": mark("Similar days of the past"),
    "day_type_mean": mark("Mean of days of the same type"),
    "weekly_median": mark("Median of the same time of week"),
    "day_mean": mark("Mean of the last days"),
    "clear_sky_median_28": mark("Median of the last weeks, by clear sky"),
    "clear_sky_mean_28": mark("Mean of the last weeks, by clear sky"),
    "boosting": mark("Gradient boosting on all of these"),
}
FAULTS = {
    "spikes": mark("spikes"),
    "negative": mark("negative values"),
    "zero_runs": mark("long runs of zeros"),
    "stuck": mark("a meter that stood still"),
    "cumulative": mark("days with power at night"),
}


def quantity_name(quantity: Quantity) -> str:
    """Return what is forecast, in words."""
    return _("PV production") if quantity is Quantity.PV_KW else _("Electricity demand")


def component_name(name: str) -> str:
    """Return what a part of the mix does; an unknown one keeps its own name."""
    return _(COMPONENTS[name]) if name in COMPONENTS else name.replace("_", " ")


def fault_name(kind: str) -> str:
    """Return what was left out, in words."""
    return _(FAULTS[kind]) if kind in FAULTS else kind.replace("_", " ")


def lead_names() -> list[str]:
    """Return the lead-time buckets in words.

    >>> lead_names()
    ['up to 1\\xa0h', '1–6\\xa0h', '6–24\\xa0h', 'over 24\\xa0h']
    """
    edges = [number(edge, 0) for edge in LEAD_EDGES_H]
    between = [f"{a}–{b}{NO_BREAK_SPACE}h" for a, b in pairwise(edges)]
    first = _("up to %(time)s", time=with_unit(LEAD_EDGES_H[0], "h", 0))
    return [first, *between, _("over %(time)s", time=with_unit(LEAD_EDGES_H[-1], "h", 0))]


def model_name(model_id: str, models: tuple[ModelRecord, ...], zone: ZoneInfo) -> str:
    """Return how a model is called: the simple mix, or when it was trained."""
    if model_id == SIMPLE_MODEL_ID:
        return _("Simple mix")
    found = next((model for model in models if model.model_id == model_id), None)
    return trained_name(found.trained_at, zone) if found else model_id


def trained_name(trained_at: datetime, zone: ZoneInfo) -> str:
    """Return the name of a trained model."""
    local = trained_at.astimezone(zone)
    return _("Trained on %(day)s", day=f"{day_words(local.date(), year=True)} {local:%H:%M}")


def role_name(role: Role) -> str:
    """Return what a model is to the plans."""
    names = {Role.CHAMPION: _("Champion"), Role.CHALLENGER: _("Challenger"), Role.RETIRED: _("Retired")}
    return names[role]


def reason_words(switch: ModelSwitch) -> str:
    """Return why another model took over, with the errors that decided it."""
    words = {
        SwitchReason.FIRST_TRAINED: _("It is the first one trained, and at least as good on values it had not seen."),
        SwitchReason.BETTER_ON_LEDGER: _("Its forecasts were better than those that plans were made from."),
        SwitchReason.NEWER_AS_GOOD: _("It knows newer measurements and is as good."),
        SwitchReason.MODEL_LOST: _("The model before it could not be read any more."),
    }[switch.reason]
    if switch.from_error_kw is None or switch.to_error_kw is None:
        return words
    facts = {
        "after": with_unit(switch.to_error_kw, "kW", 2),
        "before": with_unit(switch.from_error_kw, "kW", 2),
        "count": number(switch.scored, 0),
    }
    return words + " " + _("Off by %(after)s instead of %(before)s, over the same %(count)s values.", **facts)


def cold_words(record: ForecastRecord) -> str:
    """Return what a young site's forecast stands on; empty where there is history enough."""
    days = ngettext("%(num)d day", "%(num)d days", int(record.days_of_history))
    if record.model_kind is ModelKind.NAIVE_DAY:
        return _("Too little history (%(days)s): each day is expected to be like the one before.", days=days)
    if record.model_kind is ModelKind.PROFILE:
        words = _("Too little history (%(days)s): the same time of past days is averaged, and the band is wider.")
        return words % {"days": days}
    return ""


def basis_words(record: ForecastRecord, zone: ZoneInfo) -> str:
    """Return which model made a forecast and on how much history it stands."""
    days = ngettext("%(num)d day of history", "%(num)d days of history", int(record.days_of_history))
    if record.trained_at is not None:
        return _("%(model)s, on %(days)s", model=trained_name(record.trained_at, zone), days=days)
    return _("Simple mix, on %(days)s", days=days)


def skill_words(skill: float) -> str:
    """Return how a forecast compares with persistence.

    >>> skill_words(0.34), skill_words(-0.12), skill_words(0.001)
    ('34\\xa0% smaller', '12\\xa0% larger', 'the same')
    """
    if percent(abs(skill)) == percent(0.0):
        return _("the same")
    size = percent(abs(skill))
    return _("%(size)s smaller", size=size) if skill > 0 else _("%(size)s larger", size=size)
