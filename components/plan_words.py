"""A plan in words: what the battery does and when, why, what limits it, and what happens without it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from components.numbers import clock_time, day_words, moment_words, money, number, percent, with_unit
from components.plan_data import NOTHING_KW, Run, hours_of, returned_price, runs_of, stored_price
from components.words import _, ngettext
from dash_app.domain.recommendation import Payload, State
from dash_app.domain.schedule import Intent, Objective, Step
from dash_app.domain.site import Battery
from dash_app.domain.units import NO_BREAK_SPACE

FULL = 0.005


def goal_words(objective: Objective) -> str:
    """Return what a plan minimises."""
    return _("Lowest cost") if objective is Objective.COST else _("Lowest CO₂")


def state_words(state: State) -> str:
    """Return a state as people call it."""
    return {
        State.PROPOSED: _("Proposed"),
        State.AWAITING_SECOND: _("Awaits a second person"),
        State.APPROVED: _("Approved"),
        State.ACTIVE: _("Active"),
        State.COMPLETED: _("Completed"),
        State.REJECTED: _("Rejected"),
        State.WITHDRAWN: _("Withdrawn"),
        State.EXPIRED: _("Expired"),
        State.SUPERSEDED: _("Superseded"),
        State.STOPPED: _("Stopped"),
        State.ROLLED_BACK: _("Rolled back"),
    }[state]


def title_words(payload: Payload, now: datetime, zone: ZoneInfo) -> str:
    """Return what the battery does next: verb, time, power."""
    ahead = next((run for run in runs_of(payload) if run.end > now), None)
    if ahead is None:
        return _("Leave the battery at rest until %(time)s", time=moment_words(payload.steps[-1].end, zone))
    facts = {
        "day": day_name(ahead.start, now, zone),
        "start": clock_time(ahead.start, zone),
        "end": clock_time(ahead.end, zone),
        "power": with_unit(ahead.highest_kw, "kW"),
    }
    if ahead.charging:
        return _("Charge %(day)s %(start)s to %(end)s, up to %(power)s", **facts)
    return _("Discharge %(day)s %(start)s to %(end)s, up to %(power)s", **facts)


def day_name(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Return "today", "tomorrow" or the day itself."""
    day, today = moment.astimezone(zone).date(), now.astimezone(zone).date()
    return _relative(day, today) or day_words(day, weekday=True)


def order_words(step: Step) -> str:
    """Return what a step tells the battery.

    >>> from datetime import UTC
    >>> moment = datetime(2026, 11, 3, tzinfo=UTC)
    >>> step = Step(start=moment, end=moment, intent=Intent.FOLLOW, target_kw=-4.0, battery_kw=-6.0, grid_kw=-4.0,
    ...             power_min_kw=-20.0, power_max_kw=20.0, soc_min=0.1, soc_max=0.95, soc_end=0.5)
    >>> order_words(step)
    'Hold the grid at 4.0\\xa0kW export'
    """
    if step.table is None:
        return _intent_words(step)
    return _("%(order)s, adjusted to the measured load", order=_intent_words(step))


def _intent_words(step: Step) -> str:
    power = with_unit(abs(step.target_kw), "kW")
    match step.intent:
        case Intent.CHARGE:
            return _("Charge %(power)s", power=power)
        case Intent.DISCHARGE:
            return _("Discharge %(power)s", power=power)
        case Intent.IDLE:
            return _("Rest")
        case Intent.FOLLOW:
            return _grid_words(step.target_kw, power)
        case Intent.LIMIT if step.target_kw < 0:
            return _("Keep the export at or below %(power)s", power=power)
        case Intent.LIMIT:
            return _("Keep the import at or below %(power)s", power=power)
        case Intent.VALUE:
            return _("Decide on the measured load by the value of stored energy")


def _grid_words(grid_kw: float, power: str) -> str:
    if abs(grid_kw) < NOTHING_KW:
        return _("Hold the grid at %(power)s", power=power)
    if grid_kw > 0:
        return _("Hold the grid at %(power)s import", power=power)
    return _("Hold the grid at %(power)s export", power=power)


def battery_words(step: Step) -> str:
    """Return what the battery is expected to do, direction in words."""
    if abs(step.battery_kw) < NOTHING_KW:
        return _("At rest")
    power = with_unit(abs(step.battery_kw), "kW")
    return _("Charging %(power)s", power=power) if step.battery_kw < 0 else _("Discharging %(power)s", power=power)


def band_words(low_kw: float, high_kw: float) -> str:
    """Return the powers that the battery may use between `low_kw` and `high_kw` (discharge positive).

    >>> band_words(-75.0, 75.0), band_words(-12.0, 0.0), band_words(0.0, 0.0)
    ('charge up to 75.0, discharge up to 75.0\\xa0kW', 'charge up to 12.0\\xa0kW', 'none')
    """
    charge, discharge = number(max(-low_kw, 0.0)), number(max(high_kw, 0.0))
    if low_kw < 0 < high_kw:
        words = _("charge up to %(charge)s, discharge up to %(discharge)s", charge=charge, discharge=discharge)
    elif low_kw < 0:
        words = _("charge up to %(charge)s", charge=charge)
    elif high_kw > 0:
        words = _("discharge up to %(discharge)s", discharge=discharge)
    else:
        return _("none")
    return f"{words}{NO_BREAK_SPACE}kW"


def corridor_words(low: float, high: float) -> str:
    """Return a SoC corridor (0..1) in percent.

    >>> corridor_words(0.1, 0.95)
    '10 to 95\\xa0%'
    """
    return _("%(low)s to %(high)s", low=number(100 * low, 0), high=percent(high))


def why_words(payload: Payload) -> str:
    """Return the price of stored energy against its worth, both as means over the plan."""
    bought, worth = stored_price(payload), returned_price(payload)
    parts = []
    if bought is not None:
        parts.append(_("One kWh stored costs %(price)s on average.", price=money(bought, payload.currency)))
    if worth is not None:
        parts.append(_("Given back, one kWh is worth %(price)s.", price=money(worth, payload.currency)))
    return " ".join(parts) or _("Nothing is stored and nothing given back.")


def limit_words(payload: Payload, battery: Battery, zone: ZoneInfo) -> str:
    """Return which limits the plan reaches, each with its first time."""
    parts = [
        _at_power(payload, battery.charge_kw, charging=True, zone=zone),
        _at_power(payload, battery.discharge_kw, charging=False, zone=zone),
        _at_content(payload, zone, full=True),
        _at_content(payload, zone, full=False),
    ]
    return " ".join(part for part in parts if part) or _("The battery reaches none of its limits.")


def without_words(payload: Payload) -> str:
    """Return what the rule that runs without a plan would cost more, or less: money, import, CO2."""
    rule, plan = payload.self_consumption, payload.expected
    dearer = rule.cost - plan.cost
    amount, kwh = money(abs(dearer), payload.currency), rule.import_kwh - plan.import_kwh
    cost = _("%(amount)s dearer", amount=amount) if dearer >= 0 else _("%(amount)s cheaper", amount=amount)
    energy = with_unit(abs(kwh), "kWh")
    power = _("imports %(energy)s more", energy=energy) if kwh >= 0 else _("imports %(energy)s less", energy=energy)
    words = _("Under the rules running now the site is %(cost)s and %(power)s.", cost=cost, power=power)
    if rule.co2_kg is None or plan.co2_kg is None:
        return words
    co2 = rule.co2_kg - plan.co2_kg
    amount = with_unit(abs(co2), "kg", 0)
    emits = _("It emits %(kg)s more CO₂.", kg=amount) if co2 >= 0 else _("It emits %(kg)s less CO₂.", kg=amount)
    return f"{words} {emits}"


def estimated_words(count: int) -> str:
    """Say how many prices were not published yet."""
    return ngettext(
        "%(num)d step has an estimated price (dotted), from the same hours of the days before.",
        "%(num)d steps have an estimated price (dotted), from the same hours of the days before.",
        count,
    )


def signed(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a difference with its sign.

    >>> signed(16.0, "kg", 0), signed(-56.2, "kg", 0)
    ('+16\\xa0kg', '−56\\xa0kg')
    """
    text = with_unit(value, unit, decimals)
    return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text


def _relative(day: date, today: date) -> str:
    if day == today:
        return _("today")
    return _("tomorrow") if day - today == timedelta(days=1) else ""


def _at_power(payload: Payload, limit_kw: float, *, charging: bool, zone: ZoneInfo) -> str:
    sign = -1 if charging else 1
    steps = zip(payload.steps, hours_of(payload), strict=True)
    reached = [(step, hours) for step, hours in steps if sign * step.battery_kw >= limit_kw - NOTHING_KW]
    if not reached:
        return ""
    facts = {
        "power": with_unit(limit_kw, "kW"),
        "hours": with_unit(sum(hours for _step, hours in reached), "h"),
        "time": moment_words(reached[0][0].start, zone),
    }
    if charging:
        return _("It charges with %(power)s, its limit, for %(hours)s, first %(time)s.", **facts)
    return _("It discharges with %(power)s, its limit, for %(hours)s, first %(time)s.", **facts)


def _at_content(payload: Payload, zone: ZoneInfo, *, full: bool) -> str:
    for step in payload.steps:
        if full and step.soc_end >= step.soc_max - FULL:
            return _("It is full first %(time)s.", time=moment_words(step.end, zone))
        if not full and step.soc_end <= step.soc_min + FULL:
            return _("It is at its lowest first %(time)s.", time=moment_words(step.end, zone))
    return ""


def run_words(run: Run, zone: ZoneInfo) -> str:
    """Return one thing that the battery does: when, what, how much."""
    facts = {
        "start": moment_words(run.start, zone),
        "end": clock_time(run.end, zone),
        "power": with_unit(run.highest_kw, "kW"),
        "energy": with_unit(run.energy_kwh, "kWh"),
    }
    if run.charging:
        return _("%(start)s to %(end)s: charge %(energy)s, up to %(power)s", **facts)
    return _("%(start)s to %(end)s: discharge %(energy)s, up to %(power)s", **facts)
