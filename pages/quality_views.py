"""What the data quality page shows above its findings: key figures and the completeness calendar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from dash import html

from components.cards import Figure, card
from components.completeness import Cell, Row, completeness_calendar
from components.numbers import duration, number, percent, with_unit
from components.states import empty
from components.words import _, ngettext
from dash_app.domain.quality import Rule, Severity
from dash_app.domain.quality_check import Presence, Stretch
from dash_app.domain.site import Measurand
from dash_app.workflows.quality import Quality
from pages.quality_findings import about_words

NOT_OF_A_DAY = frozenset(
    {Rule.GAP, Rule.SHORT_GAPS, Rule.BLOCKS, Rule.COARSE, Rule.CLOCK, Rule.STANDSTILL, Rule.NET_OF_PV}
)
"""Rules that are not marked in the calendar: gaps show themselves, the others are about the meter, not about days."""


def key_figures(quality: Quality) -> list[Figure]:
    """Return share of values, gaps, findings, residual of the balance."""
    return [_share(quality), _gaps(quality), _findings(quality), _residual(quality)]


def _share(quality: Quality) -> Figure:
    every = quality.presence_in_all()
    context = _("%(there)s of %(due)s values", there=f"{every.there:,}", due=f"{every.due:,}")
    share = every.share
    text = percent(share, 1).split()[0]
    return Figure(key="share", label=_("Values there"), text=text, unit="%", context=context, value=share)


def _gaps(quality: Quality) -> Figure:
    gaps = quality.gaps()
    context = _("No value is missing")
    if gaps:
        measurand, start, end = max(gaps, key=lambda gap: gap[2] - gap[1])
        context = _("Longest %(length)s: %(name)s", length=duration(end - start), name=measurand.name)
    return Figure(
        key="gaps", label=_("Gaps"), text=number(len(gaps), 0), unit="", context=context, value=float(len(gaps))
    )


def _findings(quality: Quality) -> Figure:
    by = Counter(finding.severity for finding in quality.findings)
    parts = [
        ngettext("%(num)d serious", "%(num)d serious", by[Severity.SERIOUS]),
        ngettext("%(num)d warning", "%(num)d warnings", by[Severity.WARNING]),
        ngettext("%(num)d note", "%(num)d notes", by[Severity.NOTE]),
    ]
    total = len(quality.findings)
    return Figure(
        key="findings",
        label=_("Findings"),
        text=number(total, 0),
        unit="",
        context=", ".join(parts),
        value=float(total),
    )


def _residual(quality: Quality) -> Figure:
    sides = quality.balance_sides
    share = sides.residual if sides else None
    if sides is None:
        context = _("Known for ranges of up to a month") if quality.too_long else _("The grid or the load has no meter")
    elif share is None:
        context = _("No step with all meters")
    else:
        energy = with_unit(sides.residual_kwh, "kWh")
        simulated = quality.place.simulated
        words = _("%(energy)s of energy, simulated meter") if simulated else _("%(energy)s not accounted for")
        context = words % {"energy": energy}
    text = number(None) if share is None else number(100 * share, 1)
    return Figure(key="residual", label=_("Residual of the balance"), text=text, unit="%", context=context, value=share)


def calendar_card(quality: Quality) -> html.Section:
    """Return the completeness calendar."""
    columns = quality.columns
    rows = [_calendar_row(quality, measurand, columns) for measurand in quality.checked]
    single = all(column.first == column.last for column in columns)
    per = _("day") if single else _("%(num)d days", num=(columns[0].last - columns[0].first).days + 1)
    meta = _("Share of the values that are due, one column for each %(per)s", per=per)
    body = (
        completeness_calendar(_("Share of values by measurand and time"), columns, rows)
        if rows
        else empty(_("Nothing is measured here."))
    )
    return card(_("Completeness"), body, meta=meta, caption=_skipped_words(quality), class_name="sb-completeness")


def _calendar_row(quality: Quality, measurand: Measurand, columns: Sequence[Stretch]) -> Row:
    presence = quality.presence(measurand)
    suspicious = [
        one for one in quality.findings if one.measurand_id == measurand.measurand_id and one.rule not in NOT_OF_A_DAY
    ]
    zone = quality.view.zone
    spans = [
        (one.start.astimezone(zone).date(), (one.end - timedelta(microseconds=1)).astimezone(zone).date())
        for one in suspicious
    ]
    cells = tuple(
        Cell(
            share=there.share,
            findings=sum(first <= column.last and last >= column.first for first, last in spans) if there.due else 0,
        )
        for there, column in zip(presence, columns, strict=True)
    )
    total = Presence(there=sum(cell.there for cell in presence), due=sum(cell.due for cell in presence))
    return Row(name=measurand.name, about=about_words(measurand), share=total.share, cells=cells)


def _skipped_words(quality: Quality) -> str:
    simulated = sum(m.simulated for m in quality.skipped)
    fine = len(quality.skipped) - simulated
    words = []
    if simulated:
        words.append(
            ngettext("%(num)d simulated series is not checked.", "%(num)d simulated series are not checked.", simulated)
        )
    if fine:
        words.append(_("Series finer than 5 min are checked for ranges of up to a month."))
    if quality.place.site is None:
        words.append(_("Where this is, is not known: rules about the sun are off."))
    return " ".join(words)
