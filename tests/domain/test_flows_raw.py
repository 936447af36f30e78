"""Energy flows of the shipped measurements, against loops over the raw files that share no code with the app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from dash_app.domain.flows import Edge, Source, Use, excess_of
from dash_app.domain.measurement import Published, Window
from dash_app.domain.site import TariffPart
from dash_app.workflows.flows import FlowsData
from tests.fakes.metered import a_site, flows_data, meter
from tests.raw import rows

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
Row = dict[str, float | None]
NOW = datetime(2020, 11, 1, tzinfo=UTC)


def between(name: str, zone: str, first: date, last: date) -> dict[datetime, Row]:
    """Return the rows of the local days `first` to `last`, by UTC stamp."""
    tz = ZoneInfo(zone)
    begin, end = (datetime.combine(day, time(), tz) for day in (first, last + timedelta(days=1)))
    found = {}
    for row in rows(name):
        if not row["timestamp_utc"]:
            continue
        stamp = datetime.fromisoformat(row["timestamp_utc"])
        if begin <= stamp < end:
            found[stamp] = {key: float(text) if text else None for key, text in row.items() if is_number(text)}
    return found


def is_number(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True


def joined(*tables: dict[datetime, Row]) -> dict[datetime, Row]:
    stamps = sorted(set().union(*tables))
    return {stamp: {k: v for table in tables for k, v in table.get(stamp, {}).items()} for stamp in stamps}


def window_of(table: dict[datetime, Row], meters: dict[str, Callable[[Row], float | None]], step: timedelta) -> Window:
    """Return the window of some meters on a regular index; a row that is not there is missing."""
    stamps = sorted(table)
    index = pd.date_range(stamps[0], stamps[-1], freq=step, name="time")
    series = {
        name: pd.Series([value(table[t]) if t in table else None for t in index], index=index, dtype=float)
        for name, value in meters.items()
    }
    end = stamps[-1] + step
    return Window(start=stamps[0], end=end, series=series, fetched_at=end, data_until=end)


def amounts(data: FlowsData) -> dict[tuple[str, str], float]:
    assert data.told is not None
    sums: dict[tuple[str, str], float] = defaultdict(float)
    for edge in data.told.edges:
        sums[edge.source, edge.target] += edge.amount
    return sums


def through(edges: Iterable[Edge], node: str) -> tuple[float, float]:
    edges = list(edges)
    into = sum(edge.amount for edge in edges if edge.target == node)
    return into, sum(edge.amount for edge in edges if edge.source == node)


ARRAYS = tuple(f"solar{number}_kw" for number in range(6))


def monash_week() -> tuple[dict[datetime, Row], FlowsData]:
    days = (date(2020, 9, 7), date(2020, 9, 13))
    pv = between("au_clayton/au_cla_pv_15min", "Australia/Melbourne", *days)
    table = joined(pv, between("au_clayton/au_cla_demand_15min", "Australia/Melbourne", *days))
    values = {f"pv {name}": (lambda row, name=name: row.get(name)) for name in ARRAYS}
    values |= {f"load {n}": (lambda row, n=n: row.get(f"building{n}_kw")) for n in (1, 6, 0, 3, 4, 5)}
    meters = tuple(
        meter(name, step=QUARTER, on_connection=name.startswith("pv") or name[-1] in "16", sparse=name[-1] in "45")
        for name in values
    )
    site = a_site("Australia/Melbourne")
    window = window_of(table, values, QUARTER)
    return table, flows_data(window, meters, "?range=week&at=2020-09-13", NOW, site)


def test_a_week_of_the_campus_is_what_its_meters_say() -> None:
    table, data = monash_week()
    direct = exported = imported = first = 0.0
    share: dict[str, float] = defaultdict(float)
    for row in table.values():
        pv = sum(row[name] for name in ARRAYS)
        load = row["building1_kw"] + row["building6_kw"]
        direct += min(pv, load) / 4
        exported += max(pv - load, 0) / 4
        imported += max(load - pv, 0) / 4
        first += row["solar0_kw"] / 4
        for number in (1, 6):
            share[f"load:load {number}"] += min(pv, load) * row[f"building{number}_kw"] / load / 4
    found = amounts(data)
    assert len(table) == 7 * 96
    assert data.parts.left_out == 0
    assert sum(found["pv", f"load:load {n}"] for n in (1, 6)) == pytest.approx(direct)
    assert sum(found["import", f"load:load {n}"] for n in (1, 6)) == pytest.approx(imported)
    assert found["pv", "export"] == pytest.approx(exported)
    assert found["pv:pv solar0_kw", "pv"] == pytest.approx(first)
    for key, kwh in share.items():
        assert found["pv", key] == pytest.approx(kwh)


def test_the_four_other_buildings_of_the_campus_are_listed_and_never_summed() -> None:
    table, data = monash_week()
    listed = {m.name: (m.sparse, known) for m, known in data.elsewhere()}
    assert list(listed) == ["Load 0", "Load 3", "Load 4", "Load 5"]
    assert [sparse for sparse, _known in listed.values()] == [False, False, True, True]
    for number in (0, 3, 4, 5):
        values = [row[f"building{number}_kw"] for row in table.values() if row.get(f"building{number}_kw") is not None]
        known = listed[f"Load {number}"][1]
        assert known.total_kwh == (pytest.approx(sum(values) / 4) if values else None)
        assert known.coverage.fraction == pytest.approx(len(values) / len(table), abs=0.01)
    targets = {edge.target for edge in data.told.edges}
    assert not targets & {f"load:load {number}" for number in (0, 3, 4, 5)}


HOUSE = {
    "pv roof": "pv_kwh",
    "import grid": "grid_import_kwh",
    "export grid": "grid_export_kwh",
    "sub heat": "heat_pump_kwh",
    "sub car": "ev_kwh",
    "sub freezer": "freezer_kwh",
    "sub refrigerator": "refrigerator_kwh",
    "sub dishwasher": "dishwasher_kwh",
    "sub washing": "washing_machine_kwh",
}
SUBS = {name: column for name, column in HOUSE.items() if name.startswith("sub")}


def house_load(row: Row) -> float | None:
    """Return the consumption of the house in one hour; an hour that contradicts itself is missing."""
    parts = [row.get(column) for column in ("grid_import_kwh", "pv_kwh", "grid_export_kwh")]
    if None in parts:
        return None
    load = parts[0] + parts[1] - parts[2]
    return load if load >= 0 else None


def house(first: date, last: date, search: str) -> tuple[dict[datetime, Row], FlowsData]:
    table = between("derived/de_kn_res4_interval_energy", "Europe/Berlin", first, last)
    values = {name: (lambda row, column=column: row.get(column)) for name, column in HOUSE.items()}
    values["load house"] = house_load
    meters = tuple(meter(name) for name in values)
    site = a_site("Europe/Berlin")
    return table, flows_data(window_of(table, values, HOUR), meters, search, datetime(2016, 11, 1, tzinfo=UTC), site)


def test_a_month_of_the_house_with_its_sub_meters_is_what_its_counters_say() -> None:
    table, data = house(date(2015, 11, 1), date(2015, 11, 30), "?range=month&at=2015-11-30")
    sums: dict[str, float] = defaultdict(float)
    kept = exceeding = 0
    for row in table.values():
        load = house_load(row)
        if load is None:
            continue
        kept += 1
        counted = sum(row[column] or 0.0 for column in SUBS.values())
        exceeding += counted > load + 1e-9
        sums["direct"] += min(row["pv_kwh"], load)
        sums["import"] += row["grid_import_kwh"]
        sums["export"] += row["grid_export_kwh"]
        sums["load"] += load
        sums["other"] += max(load - counted, 0.0)
        sums["excess"] += max(counted - load, 0.0)
        for name, column in SUBS.items():
            sums[name] += row[column] or 0.0
    found = amounts(data)
    assert data.parts.steps == kept
    assert data.parts.left_out_h == 720 - kept == 51
    assert found["pv", "load"] == pytest.approx(sums["direct"])
    assert through(data.told.edges, "import")[1] == pytest.approx(sums["import"])
    assert through(data.told.edges, "export")[0] == pytest.approx(sums["export"])
    assert through(data.told.edges, "load")[0] == pytest.approx(sums["load"])
    assert found["load", "other-uses"] == pytest.approx(sums["other"])
    for name in SUBS:
        assert through(data.told.edges, f"sub:{name}")[0] == pytest.approx(sums[name])
    excess = excess_of(data.parts)
    assert (excess.steps, excess.kwh) == (exceeding, pytest.approx(sums["excess"]))
    assert data.attributed.residual == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("day", "hours"), [(date(2016, 3, 27), 23), (date(2015, 10, 25), 25), (date(2016, 6, 1), 24)])
def test_a_day_of_the_clock_change_counts_all_of_its_hours(day: date, hours: int) -> None:
    table, data = house(day, day, f"?range=day&at={day}")
    assert data.view.end - data.view.start == hours * HOUR
    load = [house_load(row) for row in table.values()]
    assert data.parts.steps + data.parts.left_out == hours
    assert through(data.told.edges, "load")[0] == pytest.approx(sum(kwh for kwh in load if kwh is not None))


def fontana(search: str) -> tuple[dict[datetime, Row], FlowsData]:
    days = (date(2016, 11, 1), date(2016, 11, 30))
    zone = "America/Los_Angeles"
    table = joined(
        *(between(f"us_fontana/{name}", zone, *days) for name in ("us_fon_home01", "price_us_tou", "co2_us_ca"))
    )
    values = {
        "pv roof": lambda row: row["pv_wh_per_kwp"] * 4 / 1000,
        "load home": lambda row: row["demand_kwh"],
    }
    window = window_of(table, values, HOUR)
    published = {
        name: window_of(table, {name: (lambda row, column=column: row.get(column))}, HOUR).series[name]
        for name, column in (("prices", "tariff_usd_per_kwh"), ("co2", "co2_kg_per_kwh"))
    }
    tariff = TariffPart(valid_from=date(2016, 1, 1), fees_per_kwh=0.01, export_per_kwh=0.05)
    return table, flows_data(
        window,
        tuple(meter(name) for name in values),
        f"?range=month&at=2016-11-30{search}",
        datetime(2017, 8, 1, tzinfo=UTC),
        a_site(zone, has_co2=True, tariff=tariff),
        **{name: Published(issued_at=NOW, values=series, unit="") for name, series in published.items()},
    )


def home(row: Row) -> tuple[float, float, float]:
    """Return PV used directly, export and import of one hour, kWh."""
    pv, load = row["pv_wh_per_kwp"] * 4 / 1000, row["demand_kwh"]
    return min(pv, load), max(pv - load, 0.0), max(load - pv, 0.0)


def test_a_month_of_the_home_in_kwh_leaves_out_the_hour_that_was_not_recorded() -> None:
    table, data = fontana("")
    direct, exported, imported = (sum(column) for column in zip(*map(home, table.values()), strict=True))
    found = amounts(data)
    assert found["pv", "load"] == pytest.approx(direct)
    assert found["pv", "export"] == pytest.approx(exported)
    assert found["import", "load"] == pytest.approx(imported)
    assert data.parts.steps == len(table) == 720
    assert data.parts.left_out_h == 1.0


def test_a_month_of_the_home_in_money_is_each_hour_at_its_own_price() -> None:
    table, data = fontana("&flow=cost")
    paid = earned = avoided = 0.0
    for row in table.values():
        direct, exported, imported = home(row)
        price = row["tariff_usd_per_kwh"] + 0.01
        paid, earned, avoided = paid + imported * price, earned + exported * 0.05, avoided + direct * price
    found = amounts(data)
    assert data.told.paid == pytest.approx(paid)
    assert data.told.earned == pytest.approx(earned)
    assert found["import", "load"] == pytest.approx(paid)
    assert found["pv", "load"] == pytest.approx(avoided)
    assert found["pv", "export"] == pytest.approx(earned)
    assert data.told.unpriced_h == 0.0


def test_a_month_of_the_home_in_co2_is_what_came_from_the_grid() -> None:
    table, data = fontana("&flow=co2")
    kg = sum(home(row)[2] * row["co2_kg_per_kwh"] for row in table.values())
    found = amounts(data)
    assert found[Source.GRID, Use.LOAD] == pytest.approx(kg)
    assert sum(amount for (source, _target), amount in found.items() if source == Source.PV) == 0.0
