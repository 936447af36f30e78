"""How often the rules of data quality cry wolf: alarms per site and year outside of the known faults of the raw files.

Every site is checked month by month with 28 days before each month, as the page does. A known fault is one that the
description of the source names (KNOWN), or that anybody can see in the file (SEEN); each other warning or serious
finding counts as a false alarm, whatever it may be. Notes and gaps are no alarms: they state facts.
Prints a table for people and one JSON line. Run: `python -m benchmarks.quality_alarms`.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from dash_app.domain.quality import Finding, Rule, Severity
from dash_app.domain.quality_check import check_signal
from dash_app.domain.site import Quantity
from tests.quality_signals import KWP, PLACES, column, signal

CONTEXT = timedelta(days=28)
GAPS = frozenset({Rule.GAP, Rule.SHORT_GAPS})
PV, LOAD, OTHER = Quantity.PV_KW, Quantity.LOAD_KW, Quantity.OTHER_KW


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One measured series: of which site, from which columns of which file."""

    site: str
    name: str
    file: str
    columns: tuple[str, ...]
    quantity: Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A fault that is known to be in a series: these rules may speak between `start` and `end` (None: everywhere)."""

    rules: frozenset[Rule]
    start: str | None = None
    end: str | None = None

    def explains(self, finding: Finding) -> bool:
        """Return whether a finding is about this fault."""
        if finding.rule not in self.rules:
            return False
        day = timedelta(days=1)
        start = pd.Timestamp(self.start or "1970-01-01", tz="UTC") - day
        end = pd.Timestamp(self.end or "2100-01-01", tz="UTC") + 2 * day
        return finding.meets(start.to_pydatetime(), end.to_pydatetime())


def known(*rules: Rule, start: str | None = None, end: str | None = None) -> Known:
    """Return a known fault."""
    return Known(rules=frozenset(rules), start=start, end=end)


FROZEN = (Rule.STUCK, Rule.CUMULATIVE, Rule.NIGHT, Rule.CLOCK)
KNOWN: dict[str, tuple[Known, ...]] = {
    "b005 demand_kwh": (
        known(Rule.ZERO_RUN, start="2019-07-27", end="2019-07-28"),
        known(Rule.ZERO_RUN, start="2019-09-07", end="2019-09-08"),
    ),
    "b071 demand_kwh": (known(Rule.ZERO_RUN, start="2019-10-04", end="2019-10-05"),),
    "b026 demand_kwh": tuple(
        known(Rule.ZERO_RUN, start=day, end=day) for day in ("2019-01-04", "2019-04-20", "2019-10-04")
    ),
    "b021 demand_kwh": (known(Rule.SPIKE, start="2022-01-17", end="2022-01-17"),),
    "b036 gas_kwh": (known(Rule.STANDSTILL, Rule.COARSE),),
    "monash building0_kw": (known(Rule.BLOCKS, Rule.SPIKE, Rule.JUMP),),
    "monash building3_kw": (known(Rule.BLOCKS, Rule.SPIKE, Rule.JUMP),),
    "monash solar1_kw": (
        known(*FROZEN, start="2020-03-01", end="2020-03-31"),
        known(*FROZEN, start="2020-04-01", end="2020-05-21"),
    ),
    "monash solar2_kw": (
        known(*FROZEN, start="2019-10-01", end="2019-10-31"),
        known(*FROZEN, start="2020-04-01", end="2020-05-21"),
    ),
    "monash solar3_kw": (
        known(*FROZEN, start="2019-09-01", end="2019-10-31"),
        known(*FROZEN, start="2020-04-01", end="2020-05-21"),
    ),
    "monash solar4_kw": (known(*FROZEN, start="2020-04-01", end="2020-05-21"),),
    "konstanz pv_kwh": (
        known(Rule.CLOCK, Rule.NIGHT, start="2015-10-01", end="2015-10-31"),
        known(Rule.CLOCK, Rule.NIGHT, start="2016-03-20", end="2016-10-31"),
    ),
    "konstanz heat_pump_kwh": (known(Rule.STANDSTILL, start="2016-05-22", end="2016-10-07"),),
    "konstanz house": (known(Rule.NEGATIVE),),
}
"""What the descriptions of the sources say about their files, by site and column."""
SEEN: dict[str, tuple[Known, ...]] = {
    **{f"monash solar{number}_kw": (known(Rule.ZERO_RUN, end="2019-10-03"),) for number in range(1, 6)},
    "monash solar0_kw": (known(Rule.ZERO_RUN, end="2020-05-21"),),
    "monash building6_kw": (known(Rule.BLOCKS),),
}
"""What anybody can see in the files: arrays that write 0 before they work, a half-hourly meter. Array 5 also stops:"""
SEEN["monash solar5_kw"] += (known(Rule.ZERO_RUN, start="2020-04-03", end="2020-05-14"),)


def main() -> None:
    """Check everything and print the alarms."""
    years: dict[str, float] = defaultdict(float)
    alarms: dict[str, list[tuple[str, Finding]]] = defaultdict(list)
    faults: Counter[str] = Counter()
    began = time.perf_counter()
    for series in all_series():
        values = column(series.file, *series.columns)
        years[series.site] = max(years[series.site], len(values) * _step_h(series) / 8766)
        for finding in _alarms(series, values):
            name = f"{series.site} {series.name}"
            if any(fault.explains(finding) for fault in (*KNOWN.get(name, ()), *SEEN.get(name, ()))):
                faults[series.site] += 1
            else:
                alarms[series.site].append((series.name, finding))
    _print(years, alarms, faults, time.perf_counter() - began)


def all_series() -> Iterator[Series]:
    """Yield every measured series of the shipped files and of the extracts for the tests."""
    for site in ("b005", "b071", "b021", "b026"):
        yield Series(site=site, name="demand_kwh", file=site, columns=("demand_kwh",), quantity=LOAD)
    for site in ("b005", "b071", "b036"):
        yield Series(site=site, name="gas_kwh", file=site, columns=("gas_kwh",), quantity=OTHER)
    yield Series(site="fontana", name="demand_kwh", file="fontana", columns=("demand_kwh",), quantity=LOAD)
    yield Series(site="fontana", name="pv_wh_per_kwp", file="fontana", columns=("pv_wh_per_kwp",), quantity=PV)
    for number in (0, 1, 3, 4, 5, 6):
        name = f"building{number}_kw"
        yield Series(site="monash", name=name, file="monash", columns=(name,), quantity=LOAD)
    for number in range(6):
        name = f"solar{number}_kw"
        yield Series(site="monash", name=name, file="monash-pv", columns=(name,), quantity=PV)
    house = ("grid_import_kwh", "pv_kwh", "-grid_export_kwh")
    yield Series(site="konstanz", name="house", file="konstanz", columns=house, quantity=LOAD)
    yield Series(site="konstanz", name="pv_kwh", file="konstanz", columns=("pv_kwh",), quantity=PV)
    for name in ("heat_pump", "ev", "freezer", "refrigerator", "dishwasher", "washing_machine"):
        column_name = f"{name}_kwh"
        yield Series(site="konstanz", name=column_name, file="konstanz", columns=(column_name,), quantity=OTHER)


def _alarms(series: Series, values: pd.Series) -> list[Finding]:
    """Return the warnings and serious findings of all months, those that meet in time joined to one."""
    found: dict[Rule, list[Finding]] = defaultdict(list)
    for month in pd.date_range(values.index[0].floor("D").replace(day=1), values.index[-1], freq="MS"):
        end = month + pd.offsets.MonthBegin()
        part = values.loc[month - CONTEXT : end - timedelta(seconds=1)]
        if part.notna().sum() == 0:
            continue
        kwp = KWP.get(series.name.removesuffix("_kw"))
        for finding in check_signal(signal(series.file, part, series.quantity, kwp)):
            if finding.rule not in GAPS and finding.severity > Severity.NOTE and finding.meets(month, end):
                found[finding.rule].append(finding)
    return [one for findings in found.values() for one in _joined(findings)]


def _joined(findings: list[Finding]) -> list[Finding]:
    """Return one of several findings that meet in time."""
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda one: one.start):
        if not kept or not finding.meets(kept[-1].start, kept[-1].end + timedelta(days=3)):
            kept.append(finding)
        elif finding.end > kept[-1].end:
            kept[-1] = finding
    return kept


def _step_h(series: Series) -> float:
    return PLACES[series.file].step / timedelta(hours=1)


def _print(
    years: dict[str, float], alarms: dict[str, list[tuple[str, Finding]]], faults: Counter[str], took_s: float
) -> None:
    print(f"{'site':10} {'years':>6} {'known faults':>13} {'other alarms':>13} {'per year':>9}")
    for site, length in years.items():
        count = len(alarms[site])
        print(f"{site:10} {length:6.1f} {faults[site]:13d} {count:13d} {count / length:9.2f}")
    for site, listed in alarms.items():
        for name, one in sorted(listed, key=lambda pair: (pair[0], pair[1].start)):
            evidence = ", ".join(f"{key} {value:.4g}" for key, value in one.evidence.items())
            print(
                f"  {site} {name}: {one.rule.value} {one.start:%Y-%m-%d %H:%M} to {one.end:%Y-%m-%d %H:%M}, {evidence}"
            )
    per_year = {site: round(len(alarms[site]) / length, 2) for site, length in years.items()}
    print(json.dumps({"false_alarms_per_site_and_year": per_year, "seconds": round(took_s, 1)}))


if __name__ == "__main__":
    main()
