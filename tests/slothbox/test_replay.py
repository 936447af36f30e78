"""The replay serves measured values of the past at the present, and what it served never changes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from slothbox.demo.model import Category
from slothbox.replay import load_replay, market_series, source_seconds
from slothbox.sites import demo_sites
from slothbox.source import civil_seconds
from tests.slothbox.edge_bench import NOW, raw

PROJECTS = tuple(demo_sites())


def test_monash_load_is_the_sum_of_the_two_buildings_on_the_connection() -> None:
    moment = datetime(2026, 11, 9, 23, 40, tzinfo=UTC)  # Tuesday 10:40 in Melbourne, 6 days and 10:40 into the window
    row = raw("au_clayton/au_cla_demand_15min.csv.gz").loc["2020-09-08T00:30:00Z"]  # 2020-09-08 is a Tuesday, UTC+10
    replay = load_replay("monash")
    assert replay.source_time(moment) == datetime(2020, 9, 8, 10, 40)  # noqa: DTZ001
    assert replay.load_kw(moment) == pytest.approx(row["building1_kw"] + row["building6_kw"])


def test_monash_pv_is_the_sum_of_all_six_arrays() -> None:
    row = raw("au_clayton/au_cla_pv_15min.csv.gz").loc["2020-09-08T00:30:00Z"]
    moment = datetime(2026, 11, 9, 23, 40, tzinfo=UTC)
    assert load_replay("monash").pv_kw(moment) == pytest.approx(sum(row[f"solar{number}_kw"] for number in range(6)))


def test_fontana_pv_is_the_given_yield_times_the_size_of_the_array() -> None:
    served = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)  # Sunday 12:30 in Los Angeles
    replay = load_replay("fontana-1")
    local = replay.source_time(served)
    table = pd.read_csv("slothbox/data/us_fontana/us_fon_home01.csv.gz", index_col="timestamp_local")
    row = table.loc[local.replace(minute=0).isoformat()]
    assert local.weekday() == 6
    assert replay.pv_kw(served) == pytest.approx(row["pv_wh_per_kwp"] * 4 / 1000)
    assert replay.load_kw(served) == pytest.approx(row["demand_kwh"])


def test_konstanz_load_is_import_plus_pv_minus_export() -> None:
    served = datetime(2026, 6, 10, 10, tzinfo=UTC)
    local = pd.Timestamp(load_replay("konstanz-4").source_time(served)).tz_localize("Europe/Berlin")
    row = raw("derived/de_kn_res4_interval_energy.csv.gz").loc[local.tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%SZ")]
    expected = row["grid_import_kwh"] + row["pv_kwh"] - row["grid_export_kwh"]
    assert load_replay("konstanz-4").load_kw(served) == pytest.approx(expected)


def test_a_year_of_fontana_energy_is_the_sum_of_the_source() -> None:
    source = pd.read_csv("slothbox/data/us_fontana/us_fon_home01.csv.gz")["demand_kwh"].to_numpy()[: 364 * 24]
    start = pd.Timestamp("2024-07-22", tz="America/Los_Angeles")
    series = load_replay("fontana-1").series("e_demand", start, start + pd.Timedelta(weeks=52))
    # the second 01:00 of autumn is served twice, the 02:00 of spring not at all
    twice = load_replay("fontana-1").value_at("e_demand", datetime(2024, 11, 3, 8, 30, tzinfo=UTC))
    skipped = source[
        (pd.Timestamp("2025-03-09 02:00") - pd.Timestamp("2024-07-22")) // pd.Timedelta(hours=1)
    ]  # the served clock jumps from 02:00 to 03:00
    assert twice is not None
    assert series.sum() == pytest.approx(source.sum() + twice - skipped)


@pytest.mark.parametrize("project", PROJECTS)
def test_two_calls_a_wrap_apart_agree_on_all_past_values(project: str) -> None:
    replay = load_replay(project)
    length = replay.site.replay.length
    start = NOW - timedelta(days=60)
    for code in replay.codes:
        before = replay.series(code, start, NOW)
        after = replay.series(code, start, NOW + length).reindex(before.index)
        pd.testing.assert_series_equal(before, after)


@pytest.mark.parametrize("project", PROJECTS)
def test_a_wrap_begins_a_new_pass_on_the_same_weekday_and_hour(project: str) -> None:
    replay = load_replay(project)
    window = replay.site.replay
    code = replay.codes[0]
    begin = pd.Timestamp(window.anchor).tz_localize(replay.site.tz)
    first = [replay.value_at(code, begin + timedelta(hours=hour)) for hour in range(24)]
    second = [replay.value_at(code, begin + window.length + timedelta(hours=hour)) for hour in range(24)]
    assert window.anchor.weekday() == window.start.weekday()
    assert window.length % timedelta(weeks=1) == timedelta(0)
    assert first == second


@pytest.mark.parametrize("project", ["fontana-1", "cambridge-b071", "cambridge-b005", "konstanz-4"])
def test_the_shift_is_a_multiple_of_52_weeks_where_the_span_allows_it(project: str) -> None:
    window = demo_sites()[project].replay
    assert (window.anchor - window.start) % timedelta(weeks=52) == timedelta(0)


def test_before_the_first_pass_stands_the_real_earlier_source_data() -> None:
    replay = load_replay("monash")
    just_before = replay.site.replay.anchor - timedelta(days=1)
    moment = pd.Timestamp(just_before).tz_localize("Australia/Melbourne") + timedelta(hours=10)
    row = raw("au_clayton/au_cla_demand_15min.csv.gz").loc["2020-08-31T00:00:00Z"]  # 10:00 at UTC+10
    assert replay.value_at("e_demand_building1", moment) == row["building1_kw"]
    assert replay.series("e_demand_building1", NOW - timedelta(days=730), NOW).count() > 50_000


def test_source_seconds_wrap_only_after_the_anchor() -> None:
    window = demo_sites()["monash"].replay
    length_s = int(window.length.total_seconds())
    anchor_s, start_s = civil_seconds(window.anchor), civil_seconds(window.start)
    served = np.array([anchor_s - length_s, anchor_s - 1, anchor_s, anchor_s + length_s - 1, anchor_s + length_s])
    expected = [start_s - length_s, start_s - 1, start_s, start_s + length_s - 1, start_s]
    assert source_seconds(served, window).tolist() == expected


def test_a_value_is_held_inside_its_step_and_not_interpolated() -> None:
    replay = load_replay("cambridge-b071")
    hour = datetime(2026, 11, 20, 9, tzinfo=UTC)
    held = {replay.load_kw(hour + timedelta(minutes=minute)) for minute in range(60)}
    assert len(held) == 1
    assert replay.load_kw(hour + timedelta(minutes=60)) not in held


def test_a_gap_of_the_source_stays_a_gap() -> None:
    zeros = raw("uk_cambridge/uk_cam_b071.csv.gz").loc["2019-10-04T02:00:00Z":"2019-10-05T23:00:00Z", "demand_kwh"]
    shift = timedelta(weeks=312)  # six times 52 weeks, from 2019-07-01 to 2025-06-23
    start = datetime(2019, 10, 4, 2, tzinfo=UTC) + shift
    served = load_replay("cambridge-b071").series("e_demand", start, start + timedelta(hours=46))
    assert (zeros == 0).sum() == 46
    assert served.isna().sum() == 46


def test_a_missing_part_makes_the_total_missing() -> None:
    gap = datetime(2026, 11, 30, 10, 5, tzinfo=UTC)  # building6 lacks 2020-09-28 21:00 local
    replay = load_replay("monash")
    assert replay.value_at("e_demand_building6", gap) is None
    assert replay.value_at("e_demand_building1", gap) is not None
    assert replay.load_kw(gap) is None
    total = replay.total(Category.LOAD, gap - timedelta(minutes=5), gap + timedelta(minutes=5), timedelta(minutes=1))
    assert total.isna().all()


def test_spot_prices_repeat_their_source_and_are_unknown_before_it() -> None:
    replay = load_replay("monash")
    start = pd.Timestamp(replay.site.replay.anchor).tz_localize("Australia/Melbourne")
    prices = market_series("monash", "prices", start - timedelta(hours=1), start + timedelta(hours=1))
    source = raw("au_clayton/price_au_vic1_30min.csv.gz")["price_aud_per_mwh"]
    assert prices["value"].isna().tolist() == [True, True, False, False]
    assert prices["value"].to_numpy()[2:] == pytest.approx(source.to_numpy()[:2] / 1000)


def test_irradiance_is_labelled_by_the_start_of_its_hour() -> None:
    served = datetime(2026, 6, 10, 11, tzinfo=UTC)
    source_utc = pd.Timestamp(load_replay("cambridge-b071").source_time(served)).tz_localize("Europe/London")
    stamp = source_utc.tz_convert("UTC")
    table = raw("uk_cambridge/weather_bedford.csv.gz")
    row = market_series("cambridge-b071", "weather", served, served + timedelta(hours=1)).iloc[0]
    next_stamp = (stamp + pd.Timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert row["global_irradiance_w_m2"] == table.loc[next_stamp, "global_irradiance_w_m2"]
    assert row["temperature_c"] == table.loc[stamp.strftime("%Y-%m-%dT%H:%M:%SZ"), "temperature_c"]


def test_asking_for_what_a_site_has_not_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="co2"):
        market_series("monash", "co2", NOW, NOW)
    with pytest.raises(KeyError):
        load_replay("monash").value_at("e_demand_building2", NOW)
    with pytest.raises(KeyError):
        load_replay("atlantis")
