"""The data quality page on the raw house in Konstanz, against counts done with plain Python."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.completeness import Cell, cell_words
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.quality import Finding, Rule, Severity
from dash_app.domain.site import Quantity
from dash_app.workflows.measured import Place, view_of
from dash_app.workflows.quality import Quality, load_quality
from pages.quality_findings import findings_card, unknown_rule_notes
from pages.quality_views import calendar_card, key_figures
from pages.quality_words import TITLES, WHY, how_much, treatment, when
from tests.components.test_parts import parts_with, words
from tests.fakes.api import session
from tests.fakes.clock import FakeClock
from tests.fakes.konstanz import END, HOUR, METERS, ZONE, KonstanzMeasurements, project, simulated, site
from tests.raw import rows

AUGUST = "?range=month&at=2016-08-15"
A, B = datetime(2016, 7, 31, 22, tzinfo=UTC), datetime(2016, 8, 31, 22, tzinfo=UTC)


def quality(search: str = AUGUST, measurements: KonstanzMeasurements | None = None, **place: Any) -> Quality:
    """Return what the page gathers."""
    port = measurements or KonstanzMeasurements()
    known = {"project": project(), "site": site(), "measurands": port.listed, "zone": ZONE} | place
    where = Place(**known)
    view = view_of(where, search, FakeClock(END))
    return load_quality(session("u1", project()), where, view, opening=True, measurements=port)


def raw(start: datetime, end: datetime) -> dict[str, list[float | None]]:
    """Return each meter's hours between two moments with csv alone, None where a part is missing."""
    by_stamp = {row["timestamp_utc"]: row for row in rows("derived/de_kn_res4_interval_energy")}
    stamps = [start + place * HOUR for place in range(int((end - start) / HOUR))]
    found: dict[str, list[float | None]] = {name: [] for name in METERS}
    for stamp in stamps:
        row = by_stamp.get(f"{stamp:%Y-%m-%dT%H:%M:%SZ}", {})
        for name, (_title, _quantity, columns) in METERS.items():
            texts = [(one.removeprefix("-"), -1 if one.startswith("-") else 1) for one in columns]
            parts = [row.get(one) for one, _sign in texts]
            whole = all(parts)
            total = sum(sign * float(part) for part, (_one, sign) in zip(parts, texts, strict=True)) if whole else None
            found[name].append(total)
    return found


def figures(**more: Any) -> dict[str, Any]:
    return {figure.key: figure for figure in key_figures(quality(**more))}


def gap_lengths(values: list[float | None]) -> list[int]:
    lengths, run = [], 0
    for value in [*values, 0.0]:
        if value is None:
            run += 1
        elif run:
            lengths.append(run)
            run = 0
    return lengths


@pytest.mark.parametrize(
    ("search", "start", "end"),
    [
        (AUGUST, A, B),
        ("?range=week&at=2016-04-22", datetime(2016, 4, 17, 22, tzinfo=UTC), datetime(2016, 4, 24, 22, tzinfo=UTC)),
    ],
)
def test_the_share_of_values_and_the_gaps_are_those_of_the_raw_file(
    search: str, start: datetime, end: datetime
) -> None:
    known = raw(start, end)
    there = sum(value is not None for values in known.values() for value in values)
    due = sum(len(values) for values in known.values())
    lengths = [length for values in known.values() for length in gap_lengths(values)]
    shown = figures(search=search)
    assert shown["share"].value == pytest.approx(there / due)
    assert shown["share"].context == f"{there:,} of {due:,} values"
    assert shown["gaps"].value == len(lengths)
    longest = max((end - start for _meter, start, end in quality(search).gaps()), default=timedelta(0))
    assert longest == max(lengths, default=0) * HOUR


def test_the_balance_of_a_load_that_was_computed_from_it_closes() -> None:
    assert figures()["residual"].value == pytest.approx(0.0, abs=1e-12)
    assert figures()["residual"].context == "0.0\u00a0kWh not accounted for"


def test_a_meter_that_is_missing_in_the_balance_is_its_residual() -> None:
    port = KonstanzMeasurements()
    port.listed = tuple(m for m in port.listed if m.measurand_id != "525")
    known = raw(A, B)
    rows_ = [row for row in zip(known["501"], known["511"], known["524"], strict=True) if None not in row]
    into, out = [pv + grid for pv, _load, grid in rows_], [load for _pv, load, _grid in rows_]
    lost = sum(abs(a - b) for a, b in zip(into, out, strict=True))
    shown = figures(measurements=port)["residual"]
    assert shown.value == pytest.approx(lost / sum(max(a, b) for a, b in zip(into, out, strict=True)))
    assert shown.context == f"{lost:,.0f}\u00a0kWh not accounted for"


def test_without_a_meter_of_the_grid_the_reason_stands_there() -> None:
    port = KonstanzMeasurements()
    port.listed = tuple(m for m in port.listed if m.quantity in {Quantity.PV_KW, Quantity.LOAD_KW})
    shown = figures(measurements=port)["residual"]
    assert (shown.value, shown.text, shown.context) == (None, "–", "The grid or the load has no meter")


def test_the_findings_of_august_are_the_known_ones() -> None:
    found = {(one.rule, one.measurand_id) for one in quality().findings}
    assert (Rule.CLOCK, "501") in found
    assert (Rule.STANDSTILL, "531") in found
    assert not {rule for rule, _name in found} & {Rule.SPIKE, Rule.STUCK, Rule.NIGHT, Rule.CUMULATIVE, Rule.BLOCKS}


def test_two_days_are_judged_with_the_weeks_before_them() -> None:
    port = KonstanzMeasurements()
    shown = quality("?at=2016-08-15", port)
    assert (Rule.CLOCK, "501") in {(one.rule, one.measurand_id) for one in shown.findings}
    assert min(start for start, _end in port.asked) == shown.view.until - timedelta(days=28)
    assert all(one.meets(shown.view.start, shown.view.until) for one in shown.findings)


def test_findings_stand_worst_first_and_by_measurand() -> None:
    port = KonstanzMeasurements()
    spoilt = port.load_window(session("u1", project()), project(), A - timedelta(days=40), B).series
    freezer = spoilt["533"].copy()
    freezer.iloc[-100] = 900.0
    port.spoilt = {"533": freezer}
    card = findings_card(quality(measurements=port))
    names = [words(part) for part in parts_with(card, "sb-findings-name")]
    assert names[0] == "Freezer"
    assert len(names) == len(set(names))
    titles = [words(part) for part in parts_with(card, "sb-finding-title")]
    assert titles[0] == "Spike"
    assert "Serious" in words(card)
    assert WHY[Rule.SPIKE] in words(card)


def test_the_filter_shows_one_rule_and_keeps_the_range() -> None:
    shown = quality(AUGUST + "&rule=clock")
    assert {one.rule for one in shown.shown} == {Rule.CLOCK}
    links = parts_with(findings_card(shown), "sb-filter")
    assert links[0].href == "/p/konstanz-4/quality?range=month&at=2016-08-31"
    current = [link for link in links if getattr(link, "aria-current", None) == "true"]
    assert [words(link) for link in current] == ["Clock offset 1"]
    assert all("range=month" in link.href for link in links)
    assert len(shown.findings) > 1


def test_an_unknown_rule_is_named_and_all_are_shown() -> None:
    shown = quality(AUGUST + "&rule=<img onerror=x>")
    assert "“<img onerror=x>” is not a rule we know" in words(unknown_rule_notes(shown)[0])
    assert shown.shown == shown.findings
    assert unknown_rule_notes(quality()) == []


def test_nothing_suspicious_says_so_with_the_range() -> None:
    port = KonstanzMeasurements()
    port.listed = tuple(m for m in port.listed if m.measurand_id == "524")
    card = findings_card(quality("?range=week&at=2016-08-10", port))
    assert "Nothing suspicious between Mon 8\u00a0Aug 00:00 and Mon 15\u00a0Aug 00:00." in words(card)


def test_a_filter_that_matches_nothing_says_so_and_keeps_its_links() -> None:
    card = findings_card(quality(AUGUST + "&rule=night"))
    assert "No “Production at night” between Mon 1\u00a0Aug 00:00" in words(card)
    assert next(words(link) for link in parts_with(card, "sb-filter")).startswith("All")


def test_without_any_value_the_range_is_not_called_clean() -> None:
    port = KonstanzMeasurements()
    port.spoilt = {name: pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC")) for name in METERS}
    shown = quality("?range=day&at=2016-08-10", port)
    assert {one.rule for one in shown.findings} == {Rule.GAP}
    assert figures(search="?range=day&at=2016-08-10", measurements=port)["share"].value == 0.0


def test_a_site_without_measurands_draws_every_part() -> None:
    port = KonstanzMeasurements()
    port.listed = ()
    shown = quality(measurements=port)
    assert "Nothing is measured here." in words(calendar_card(shown))
    assert "No values between" in words(findings_card(shown))
    assert [figure.text for figure in key_figures(shown)] == ["–", "0", "0", "–"]


def test_the_calendar_is_a_table_with_a_row_for_each_measurand_and_a_column_for_each_day() -> None:
    card = calendar_card(quality())
    (table,) = parts_with(card, "sb-dq-days")
    head, body = table.children[1], table.children[2]
    assert len(head.children.children) == 1 + 31 + 1
    assert [words(row.children[0].children[0]) for row in body.children] == [title for title, *_ in METERS.values()]
    known = raw(A, B)
    for row, values in zip(body.children, known.values(), strict=True):
        for day, cell in enumerate(row.children[1:-1]):
            there = sum(value is not None for value in values[24 * day : 24 * day + 24]) / 24
            said = words(cell).split(",")[0]
            assert said == ("100\u00a0%" if there == 1 else said)
            assert (said == "100\u00a0%") == (there == 1)


def test_days_to_come_are_not_missing() -> None:
    card = calendar_card(quality("?range=year"))
    assert "nothing due" in words(card)
    assert cell_words(Cell(share=None)) == "nothing due"


def test_a_long_range_has_a_column_for_each_week() -> None:
    assert len(quality("?range=year").columns) == 53
    assert len(quality(AUGUST).columns) == 31


def test_simulated_series_are_not_checked_and_that_is_said() -> None:
    port = KonstanzMeasurements()
    port.listed = tuple(simulated(m) if m.measurand_id == "531" else m for m in port.listed)
    shown = quality(measurements=port)
    assert "531" not in {one.measurand_id for one in shown.findings}
    assert "1 simulated series is not checked." in words(calendar_card(shown))


def test_without_a_known_place_the_rules_of_the_sun_are_off_and_that_is_said() -> None:
    shown = quality(site=None)
    assert Rule.CLOCK not in {one.rule for one in shown.findings}
    assert "rules about the sun are off" in words(calendar_card(shown))


def test_many_occurrences_are_folded() -> None:
    port = KonstanzMeasurements()
    house = port.load_window(session("u1", project()), project(), A - timedelta(days=40), B).series["533"].copy()
    for day in range(12):
        house.iloc[-24 * day * 2 - 20 : -24 * day * 2 - 10] = np.nan
    port.spoilt = {"533": house}
    card = findings_card(quality(measurements=port))
    (more,) = parts_with(card, "sb-occurrences-more")
    assert words(more.children[0]) == "9 more"


def a_finding(rule: Rule, count: int = 3, **evidence: float) -> Finding:
    start = datetime(2016, 8, 1, 10, tzinfo=UTC)
    return Finding(
        rule=rule,
        measurand_id="501",
        start=start,
        end=start + 3 * HOUR,
        count=count,
        severity=Severity.WARNING,
        evidence=evidence,
    )


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (a_finding(Rule.GAP, hours=3), "3 values"),
        (a_finding(Rule.SHORT_GAPS, 1742, gaps=599, hours=1742), "599 gaps, 1,742 values"),
        (a_finding(Rule.ZERO_RUN, hours=3, usual_kw=20), "3 values"),
        (a_finding(Rule.ZERO_RUN, hours=30, sunny_h=9), "3 values, 9.0\u00a0h with the sun up"),
        (a_finding(Rule.STUCK, hours=9, from_kw=32.6, to_kw=32.6), "3 values of 32.6\u00a0kW"),
        (a_finding(Rule.STUCK, hours=9, from_kw=7.6, to_kw=1.2), "A straight line from 7.6 to 1.2\u00a0kW, 3 values"),
        (a_finding(Rule.CUMULATIVE, hours=30, rise_kw=8.1), "Never falls, rises by 8.1\u00a0kW, 3 values"),
        (
            a_finding(Rule.SPIKE, 2, highest_kw=2954, factor=6.997),
            "2,954\u00a0kW, 7.0 times a usual day's peak, 2 values",
        ),
        (a_finding(Rule.JUMP, highest_kw=8556, level_kw=921, gap_h=10), "8,556\u00a0kW after a gap of 10\u00a0h"),
        (a_finding(Rule.NIGHT, highest_kw=7.63, energy_kwh=12.3), "12.3\u00a0kWh without sun, up to 7.6\u00a0kW"),
        (a_finding(Rule.BLOCKS, size=4, minutes=60), "One value every 60 min"),
        (a_finding(Rule.REPEATED_DAY, days=1), "1 day"),
        (a_finding(Rule.NET_OF_PV, correlation=-0.63), "Falls when PV rises: correlation −0.63"),
        (
            a_finding(Rule.COARSE, quantum_kw=0.001, share=0.037),
            "Steps of 0.001\u00a0kW, 4\u00a0% of a usual day's peak",
        ),
        (a_finding(Rule.STANDSTILL, days=137.7), "Counts nothing for 138 d"),
        (a_finding(Rule.CLOCK, offset_h=1.13, days=30), "About 1\u00a0h 8\u00a0min late against the sun"),
        (a_finding(Rule.CLOCK, offset_h=-1.0, days=30), "About 1\u00a0h early against the sun"),
        (a_finding(Rule.NEGATIVE, 11, lowest_kw=-1.128, share=0.001), "11 values, down to −1.1\u00a0kW"),
        (
            a_finding(Rule.ABOVE_TOTAL, 26, excess_kwh=5.4, highest_kw=1.6, share=0.1),
            "5.4\u00a0kWh more than the load, 26 values",
        ),
        (a_finding(Rule.RESIDUAL, share=0.052, energy_kwh=480), "5.2\u00a0%, 480\u00a0kWh not accounted for"),
    ],
)
def test_every_rule_says_how_much(finding: Finding, expected: str) -> None:
    assert how_much(finding) == expected


def test_every_rule_has_its_words() -> None:
    assert set(TITLES) == set(WHY) == set(Rule)
    assert all(len(title) <= 26 for title in TITLES.values())


def test_what_is_done_is_only_said_where_it_is_true() -> None:
    house = KonstanzMeasurements().listed[1]
    assert treatment(Rule.GAP, house).startswith("Left out of totals")
    assert treatment(Rule.SPIKE, house) == "Kept as measured: it counts in charts and totals."
    elsewhere = replace(house, on_connection=False)
    assert treatment(Rule.GAP, elsewhere) == "Shown as missing. Never filled."
    assert treatment(Rule.SPIKE, elsewhere) == "Kept as measured. It is in no total of the site."
    heat_pump = KonstanzMeasurements().listed[4]
    assert treatment(Rule.STUCK, heat_pump) == "Kept as measured. It is in no total of the site."


def test_when_is_told_at_the_site_and_what_began_before_says_so() -> None:
    finding = a_finding(Rule.GAP)
    assert when(finding, ZONE, datetime(2016, 7, 1, tzinfo=UTC)) == "Mon 1\u00a0Aug 12:00\u00a0– 15:00"
    assert when(finding, ZONE, finding.start) == "before Mon 1\u00a0Aug 12:00 – 15:00"


def test_an_outage_is_raised_to_the_page() -> None:
    port = KonstanzMeasurements()
    port.fails = [ApiUnavailable("refused")]
    with pytest.raises(ApiUnavailable):
        quality(measurements=port)
