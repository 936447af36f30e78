"""What the measurements explorer shows of what was gathered: pure views, testable without Dash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dash import html

from components.aria import aria, data
from components.badges import Tone
from components.cards import card
from components.explorer_chart import ChartRow, ExplorerPicture, Gaps, SeriesLine, explorer_figure, series_chips
from components.graph import drawn
from components.icons import Icon
from components.list_table import list_table, row_name
from components.numbers import duration, moment_words, number, percent, step_words
from components.states import banner, empty
from components.words import _, ngettext
from dash_app.domain.export import ExportTable, time_table
from dash_app.domain.kpi import average_on_local_days
from dash_app.domain.series_facts import SeriesFacts
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.view import Range
from dash_app.workflows.explorer import CHARTS, MOST, Charts, Explorer, is_forecast, is_power, unit_of
from pages.measurements_words import ADDRESS, LOOKS, about, energy_words, flags, newest_words, path_of, value_words
from pages.range_tables import measured_track

MOST_GAPS = 200
"""How many gaps of one series are shaded: the longest ones."""


def chart_view(loaded: Explorer) -> dict[str, Any]:
    """Return what the chart's card is filled with."""
    picture = picture_of(loaded)
    figure = explorer_figure(picture)
    return {
        "drawn": drawn(figure, height=picture.height, phone_height=picture.phone_height),
        "meta": _meta(loaded),
        "legend": series_chips(picture),
        "caption": _caption(loaded, picture),
    }


def picture_of(loaded: Explorer) -> ExplorerPicture:
    """Return the chosen measurands as rows: one each, or one for each unit."""
    chosen = loaded.choice.measurands
    if loaded.choice.charts is Charts.EACH:
        rows = [_row(m.name, (m,), loaded, gaps=_longest(loaded.facts(m).coverage.gaps)) for m in chosen]
    else:
        units = dict.fromkeys(unit_of(m) for m in chosen)
        rows = [_row("", tuple(m for m in chosen if unit_of(m) == unit), loaded) for unit in units]
    return ExplorerPicture(
        rows=tuple(rows),
        start=loaded.view.start,
        end=loaded.view.end,
        now=loaded.view.now,
        zone=loaded.view.zone,
        tall=loaded.choice.charts is Charts.UNIT,
    )


def facts_card(loaded: Explorer) -> html.Section:
    """Return the figures of every chosen measurand over the range, and where the last value of a silent one is."""
    title = _("Figures of the range")
    meta = _("From every value at its own resolution, not from what is drawn")
    if not loaded.choice.measurands:
        return card(title, empty(_("Choose at least one measurand.")), meta=meta)
    head = [
        _("Measurand"),
        _("Lowest"),
        _("Mean"),
        _("Highest"),
        _("Energy"),
        _("Values"),
        _("Gaps"),
        _("Newest value"),
    ]
    rows = [_facts_row(loaded, m, loaded.facts(m)) for m in loaded.choice.measurands]
    return card(title, list_table(title, head, rows), meta=meta)


def choice_notes(loaded: Explorer) -> list[Any]:
    """Return the strips that say what of the address was not used."""
    choice, found = loaded.choice, []
    if choice.unknown:
        ids = ", ".join(f"“{one}”" for one in choice.unknown[:5])
        words = ngettext(
            "%(ids)s is not measured here.", "%(ids)s are not measured here.", len(choice.unknown), ids=ids
        )
        found.append(banner(words, Tone.NEUTRAL, Icon.INFO))
    if choice.too_many:
        words = _("The first %(most)d are shown, %(more)d more are not.", most=MOST, more=choice.too_many)
        found.append(banner(words, Tone.NEUTRAL, Icon.INFO))
    return found


def export_table(loaded: Explorer) -> ExportTable | None:
    """Return the chosen measurands at their own resolutions."""
    tracks = [
        measured_track(loaded, m.name, loaded.values(m), unit_of(m), m.resolution, notes=flags(m))
        for m in loaded.choice.measurands
    ]
    return time_table(_("Measurements"), tracks) if tracks else None


def _row(title: str, measurands: tuple[Measurand, ...], loaded: Explorer, gaps: Gaps = ()) -> ChartRow:
    whole = any(m.quantity is not Quantity.UNKNOWN for m in measurands)
    lines = tuple(_line(m, loaded) for m in measurands)
    return ChartRow(title=title, unit=unit_of(measurands[0]), lines=lines, gaps=gaps, whole=whole)


def _line(measurand: Measurand, loaded: Explorer) -> SeriesLine:
    step = max(loaded.view.step, measurand.resolution)
    return SeriesLine(
        key=measurand.measurand_id,
        name=measurand.name,
        look=LOOKS[measurand.quantity],
        values=average_on_local_days(loaded.values(measurand), step, loaded.view.zone),
        ahead=is_forecast(measurand),
    )


def _longest(gaps: Gaps) -> Gaps:
    return tuple(sorted(gaps, key=lambda gap: gap[0] - gap[1])[:MOST_GAPS])


def _meta(loaded: Explorer) -> list[Any]:
    count = len(loaded.choice.measurands)
    words = ngettext("%(num)d measurand", "%(num)d measurands", count)
    switches = [
        _switch(loaded, charts, name) for charts, name in ((Charts.EACH, _("One each")), (Charts.UNIT, _("By unit")))
    ]
    return [html.Span(words), html.Span(switches, className="sb-switches", role="group", **aria(label=_("Rows")))]


def _switch(loaded: Explorer, charts: Charts, name: str) -> html.A:
    kept = dict(loaded.view.others) | {CHARTS: charts.value}
    query = replace(loaded.view, others=tuple(kept.items())).query()
    chosen = charts is loaded.choice.charts
    current = aria(current="true") if chosen else {}
    return html.A(
        name, href=path_of(loaded.place) + query, className="sb-switch-entry", **current, **data(address=ADDRESS)
    )


def _caption(loaded: Explorer, picture: ExplorerPicture) -> str:
    if not picture.rows:
        return _("Choose at least one measurand.")
    steps = {max(loaded.view.step, m.resolution) for m in loaded.choice.measurands}
    shown = ", ".join(step_words(step) for step in sorted(steps))
    return _("Drawn as means of %(steps)s; gaps are not filled in.", steps=shown)


def _facts_row(loaded: Explorer, measurand: Measurand, facts: SeriesFacts) -> list[Any]:
    unit = unit_of(measurand)
    name = row_name(measurand.name, ", ".join([about(measurand), *flags(measurand)]))
    newest = loaded.last_value(measurand)
    if not facts.count:
        return [name, *[value_words(None)] * 4, percent(0.0), value_words(None), _silent(loaded, measurand)]
    energy = energy_words(facts.sum_h, complete=facts.coverage.complete) if is_power(measurand) else value_words(None)
    return [
        name,
        value_words(facts.lowest, unit),
        value_words(facts.mean, unit),
        value_words(facts.highest, unit),
        energy,
        percent(facts.coverage.fraction),
        _gap_words(facts),
        newest_words(measurand, newest, loaded.view),
    ]


def _gap_words(facts: SeriesFacts) -> str:
    count = len(facts.coverage.gaps)
    if not count:
        return "0"
    return _("%(count)s, up to %(longest)s", count=number(count, 0), longest=duration(facts.longest_gap))


def _silent(loaded: Explorer, measurand: Measurand) -> Any:
    """Say that the range holds no value, when the last one was, and lead there."""
    newest, view = loaded.last_value(measurand), loaded.view
    if newest is None:
        return _("No value in this range, and none known.")
    words = _("No value in this range. Last one: %(time)s.", time=moment_words(newest.at, view.zone))
    day = newest.at.astimezone(view.zone).date()
    if day < view.oldest_day or view.first <= day <= view.last:
        return words
    href = path_of(loaded.place) + view.query(kind=Range.DAY, at=day, keep_resolution=False)
    link = html.A(_("Go there"), href=href, className="btn sb-secondary sb-small", **data(address=ADDRESS))
    return html.Span([words, " ", link], className="sb-list-table-words")
