"""The reasons of a plan in sentences: what each charge and discharge is worth, and what a limit costs."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from components.numbers import clock_time, moment_words, money, percent, with_unit
from components.words import _
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Objective
from dash_app.domain.why import Difference, Limit, LimitReason, RunReason, Why

AS_GOOD = 0.005
"""Half a cent, or 5 g of CO2: plans that differ by less are called equally good."""
NOTHING_KG = 0.5
NOTHING_KW = 0.05


def run_title(run: RunReason, zone: ZoneInfo) -> str:
    """Return what the battery does and when."""
    facts = {
        "start": moment_words(run.start, zone),
        "end": clock_time(run.end, zone),
        "energy": with_unit(run.energy_kwh, "kWh"),
    }
    if run.charging:
        return _("%(start)s to %(end)s: charge %(energy)s", **facts)
    return _("%(start)s to %(end)s: discharge %(energy)s", **facts)


def run_sentences(run: RunReason, why: Why, payload: Payload, zone: ZoneInfo) -> list[str]:
    """Return why: the price now, the price it serves or came from, losses and wear, and what happens without it."""
    price = _per_kwh(run.price, payload)
    if run.charging:
        first = _("A kWh costs %(price)s here.", price=price)
    else:
        first = _("A kWh is worth %(price)s here.", price=price)
    without = "" if run.without is None else _without(run.without, payload)
    return [
        sentence for sentence in (first, _other(run, payload, zone), _losses(run, why, payload), without) if sentence
    ]


def limit_sentence(reason: LimitReason, payload: Payload, zone: ZoneInfo) -> str:
    """Return where the plan meets a limit, and what one unit of room more would be worth over the whole plan."""
    facts = {
        "hours": with_unit(reason.hours, "h"),
        "time": moment_words(reason.start, zone),
        "worth": _goal(reason.worth, payload),
    }
    match reason.limit:
        case Limit.IMPORT:
            return _(
                "The import limit is reached for %(hours)s, first %(time)s: 1 kW more would save %(worth)s.", **facts
            )
        case Limit.EXPORT:
            return _(
                "The export limit is reached for %(hours)s, first %(time)s: 1 kW more would save %(worth)s.", **facts
            )
        case Limit.CHARGE:
            return _(
                "The battery charges at its limit for %(hours)s, first %(time)s: 1 kW more would save %(worth)s.",
                **facts,
            )
        case Limit.DISCHARGE:
            return _(
                "The battery discharges at its limit for %(hours)s, first %(time)s: 1 kW more would save %(worth)s.",
                **facts,
            )
        case Limit.FULL:
            return _("The battery is full for %(hours)s, first %(time)s: 1 kWh more would save %(worth)s.", **facts)
        case Limit.EMPTY:
            return _(
                "The battery is at its lowest for %(hours)s, first %(time)s: 1 kWh less of reserve would save "
                "%(worth)s.",
                **facts,
            )


def _other(run: RunReason, payload: Payload, zone: ZoneInfo) -> str:
    if run.other_start is None or run.other_end is None or run.other_price is None:
        return _("It stays stored beyond this plan.") if run.charging else _("It was stored before this plan began.")
    facts = {
        "start": moment_words(run.other_start, zone),
        "end": moment_words(run.other_end, zone),
        "price": _per_kwh(run.other_price, payload),
    }
    if run.charging:
        return _("It is given back between %(start)s and %(end)s, where a kWh is worth %(price)s.", **facts)
    return _("It is charged between %(start)s and %(end)s, where a kWh costs %(price)s.", **facts)


def _losses(run: RunReason, why: Why, payload: Payload) -> str:
    if not run.charging:
        return ""
    share = percent(why.round_trip, 1)
    if not why.wear:
        return _("Of what is charged %(share)s comes back.", share=share)
    wear = money(why.wear, payload.currency, 3)
    return _("Of what is charged %(share)s comes back, and each kWh given back wears the battery by %(wear)s.",
             share=share, wear=wear)  # fmt: skip


def _without(without: Difference, payload: Payload) -> str:
    if without.goal < AS_GOOD:
        return _("Another plan without it is as good; of such plans the one that acts earliest is taken.")
    parts = [_("The best plan without it is worse by %(goal)s.", goal=_goal(without.goal, payload))]
    if payload.objective is Objective.CO2:
        amount = money(abs(without.cost), payload.currency)
        dearer = without.cost >= 0
        parts.append(
            _("It costs %(amount)s more.", amount=amount) if dearer else _("It costs %(amount)s less.", amount=amount)
        )
    elif without.co2_kg is not None and abs(without.co2_kg) >= NOTHING_KG:
        amount = with_unit(abs(without.co2_kg), "kg", 0)
        more = without.co2_kg > 0
        parts.append(_("It emits %(kg)s more CO₂.", kg=amount) if more else _("It emits %(kg)s less CO₂.", kg=amount))
    if abs(without.peak_kw) >= NOTHING_KW:
        power = with_unit(abs(without.peak_kw), "kW")
        higher = without.peak_kw > 0
        parts.append(
            _("Its peak is %(power)s higher.", power=power)
            if higher
            else _("Its peak is %(power)s lower.", power=power)
        )
    return " ".join(parts)


def _goal(amount: float, payload: Payload) -> str:
    return money(amount, payload.currency) if payload.objective is Objective.COST else with_unit(amount, "kg", 2)


def _per_kwh(price: float, payload: Payload) -> str:
    return money(price, payload.currency, 3) if payload.objective is Objective.COST else with_unit(price, "kg", 3)
