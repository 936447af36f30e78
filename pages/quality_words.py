"""The words of the rules: what a finding is called, how much it is, why it matters, and what is done with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from components.badges import Tone
from components.icons import Icon
from components.numbers import duration, moment_words, number, percent, with_unit
from components.words import _, mark, ngettext
from dash_app.domain.quality import Finding, Rule, Severity
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.units import NO_BREAK_SPACE

TITLES: dict[Rule, str] = {
    Rule.GAP: mark("Gap"),
    Rule.SHORT_GAPS: mark("Short gaps"),
    Rule.ZERO_RUN: mark("Zeros instead of values"),
    Rule.STUCK: mark("Stuck value"),
    Rule.CUMULATIVE: mark("Counter instead of power"),
    Rule.SPIKE: mark("Spike"),
    Rule.JUMP: mark("Jump after a gap"),
    Rule.NIGHT: mark("Production at night"),
    Rule.BLOCKS: mark("Values in blocks"),
    Rule.REPEATED_DAY: mark("Repeated day"),
    Rule.COARSE: mark("Coarse meter"),
    Rule.STANDSTILL: mark("Meter stands still"),
    Rule.CLOCK: mark("Clock offset"),
    Rule.NEGATIVE: mark("Negative values"),
    Rule.NET_OF_PV: mark("Looks net of PV"),
    Rule.ABOVE_TOTAL: mark("Sub-meters above the total"),
    Rule.RESIDUAL: mark("Balance does not close"),
}
WHY: dict[Rule, str] = {
    Rule.GAP: mark("Energy, peaks and costs of that time are not known; a sum without it is too low."),
    Rule.SHORT_GAPS: mark("Each one takes a little out of every sum, and a peak may hide in it."),
    Rule.ZERO_RUN: mark("A missing reading written as 0 counts as no energy: totals and base load come out too low."),
    Rule.STUCK: mark(
        "A frozen reading looks like a steady plant; energy and forecasts follow a number that is not real."
    ),
    Rule.CUMULATIVE: mark("A counter's reading taken for power makes energy grow without bound."),
    Rule.SPIKE: mark("One wrong value sets the peak, and with it whatever is charged by the peak."),
    Rule.JUMP: mark("The energy of a whole gap stands in one step: the sum may be right, the peak is not."),
    Rule.NIGHT: mark("PV cannot produce without sun: yield and self-consumption come out too high."),
    Rule.BLOCKS: mark("The meter is slower than its grid of steps: peaks are means over the block."),
    Rule.REPEATED_DAY: mark("The same day stands there twice: one of them was not measured."),
    Rule.COARSE: mark("Small loads and short changes are lost between two steps of the meter."),
    Rule.STANDSTILL: mark("Switched off, or not metered any more: nobody can tell from the values."),
    Rule.CLOCK: mark("Values meet the wrong prices, the wrong sun and the wrong hour of the other meters."),
    Rule.NEGATIVE: mark("This quantity has no direction below 0: a sign or a meter is the wrong way round."),
    Rule.NET_OF_PV: mark("What arrays behind the meter save is missing: it is not the whole demand."),
    Rule.ABOVE_TOTAL: mark("A part cannot be more than the whole: one of the meters, or its clock, is wrong."),
    Rule.RESIDUAL: mark("What comes in does not go out: a meter is wrong, or a source or a use has none."),
}
SEVERITIES: dict[Severity, tuple[str, Tone, Icon]] = {
    Severity.SERIOUS: (mark("Serious"), Tone.DANGER, Icon.X_CIRCLE),
    Severity.WARNING: (mark("Warning"), Tone.WARNING, Icon.EXCLAMATION_TRIANGLE),
    Severity.NOTE: (mark("Note"), Tone.NEUTRAL, Icon.INFO),
}
TOTALLED = frozenset({Quantity.PV_KW, Quantity.LOAD_KW, Quantity.CHARGE_KW, Quantity.DISCHARGE_KW})
"""Quantities that are summed for the site."""


def treatment(rule: Rule, measurand: Measurand | None) -> str:
    """Say what is done with such values; only what is true of this measurand."""
    totalled = measurand is not None and measurand.on_connection and measurand.quantity in TOTALLED
    match rule:
        case Rule.GAP | Rule.SHORT_GAPS if totalled:
            return _("Left out of totals, which then say “≥”. Never filled.")
        case Rule.GAP | Rule.SHORT_GAPS:
            return _("Shown as missing. Never filled.")
        case Rule.JUMP:
            return _("Stays in the step in which it was read; not spread over the gap.")
        case Rule.CLOCK:
            return _("The stamps are left as they are.")
        case Rule.ABOVE_TOTAL:
            return _("Flagged, never cut to fit. Sub-meters are not added to the load.")
        case Rule.RESIDUAL:
            return _("Shown as not accounted for, never hidden.")
        case _ if totalled:
            return _("Kept as measured: it counts in charts and totals.")
        case _:
            return _("Kept as measured. It is in no total of the site.")


def how_much(finding: Finding, unit: str = "kW") -> str:
    """Return the evidence of a finding in words; `unit` is that of the measurand."""
    match finding.rule:
        case Rule.NIGHT | Rule.RESIDUAL | Rule.ABOVE_TOTAL | Rule.NEGATIVE | Rule.CLOCK | Rule.JUMP | Rule.SPIKE:
            return _of_values(finding, unit)
        case _:
            return _of_time(finding, unit)


def _of_time(finding: Finding, unit: str) -> str:
    known, count = finding.evidence, finding.count
    values = _values(count)
    match finding.rule:
        case Rule.SHORT_GAPS:
            gaps = int(known["gaps"])
            facts = {"count": number(gaps, 0), "values": values}
            return ngettext("%(count)s gap, %(values)s", "%(count)s gaps, %(values)s", gaps, **facts)
        case Rule.ZERO_RUN if "sunny_h" in known:
            return _("%(values)s, %(hours)s with the sun up", values=values, hours=with_unit(known["sunny_h"], "h"))
        case Rule.STUCK if _value(known["from_kw"]) != _value(known["to_kw"]):
            facts = {"a": _value(known["from_kw"]), "b": _value(known["to_kw"], unit), "values": values}
            return _("A straight line from %(a)s to %(b)s, %(values)s", **facts)
        case Rule.STUCK:
            return _("%(values)s of %(a)s", values=values, a=_value(known["from_kw"], unit))
        case Rule.CUMULATIVE:
            return _("Never falls, rises by %(rise)s, %(values)s", rise=_value(known["rise_kw"], unit), values=values)
        case Rule.BLOCKS:
            return _("One value every %(minutes)s min", minutes=number(known["minutes"], 0))
        case Rule.COARSE:
            facts = {"step": _value(known["quantum_kw"], unit), "share": percent(known["share"])}
            return _("Steps of %(step)s, %(share)s of a usual day's peak", **facts)
        case Rule.STANDSTILL:
            return _("Counts nothing for %(days)s d", days=number(known["days"], 0))
        case Rule.NET_OF_PV:
            return _("Falls when PV rises: correlation %(r)s", r=number(known["correlation"], 2))
        case Rule.REPEATED_DAY:
            return ngettext("%(num)d day", "%(num)d days", int(known["days"]))
        case _:
            return values


def _of_values(finding: Finding, unit: str) -> str:
    known = finding.evidence
    values = _values(finding.count)
    match finding.rule:
        case Rule.SPIKE:
            facts = {"peak": _value(known["highest_kw"], unit), "times": number(known["factor"], 1), "values": values}
            return _("%(peak)s, %(times)s times a usual day's peak, %(values)s", **facts)
        case Rule.JUMP:
            gap = duration(timedelta(hours=known["gap_h"]))
            return _("%(peak)s after a gap of %(gap)s", peak=_value(known["highest_kw"], unit), gap=gap)
        case Rule.NIGHT:
            facts = {"energy": with_unit(known["energy_kwh"], "kWh"), "peak": _value(known["highest_kw"], unit)}
            return _("%(energy)s without sun, up to %(peak)s", **facts)
        case Rule.CLOCK:
            late = known["offset_h"] > 0
            off = duration(timedelta(minutes=round(abs(known["offset_h"]) * 60)))
            return (
                _("About %(off)s late against the sun", off=off)
                if late
                else _("About %(off)s early against the sun", off=off)
            )
        case Rule.NEGATIVE:
            return _("%(values)s, down to %(low)s", values=values, low=_value(known["lowest_kw"], unit))
        case Rule.ABOVE_TOTAL:
            facts = {"energy": with_unit(known["excess_kwh"], "kWh"), "values": values}
            return _("%(energy)s more than the load, %(values)s", **facts)
        case _:
            facts = {"share": percent(known["share"], 1), "energy": with_unit(known["energy_kwh"], "kWh")}
            return _("%(share)s, %(energy)s not accounted for", **facts)


def _values(count: int) -> str:
    return ngettext("%(count)s value", "%(count)s values", count, count=number(count, 0))


def _value(value: float, unit: str = "") -> str:
    """Return a value with enough decimals for small meters."""
    decimals = None if abs(value) >= 10 or value == 0 else 1 if abs(value) >= 1 else 3
    return with_unit(value, unit, decimals) if unit else number(value, decimals)


def when(finding: Finding, zone: ZoneInfo, known_from: datetime) -> str:
    """Return from when to when, at the site; what began before we looked says so."""
    first, last = finding.start.astimezone(zone), finding.end.astimezone(zone)
    end = _end_words(last, zone, same_day=first.date() == last.date())
    if finding.start <= known_from:
        return _("before %(start)s – %(end)s", end=end, start=moment_words(finding.start, zone))
    return f"{moment_words(finding.start, zone)}{NO_BREAK_SPACE}– {end}"


def _end_words(last: datetime, zone: ZoneInfo, *, same_day: bool) -> str:
    return last.strftime("%H:%M") if same_day else moment_words(last, zone)
