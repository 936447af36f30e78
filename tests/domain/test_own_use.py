"""Shares and yields against hand computation, and against the meters' own readings."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.own_use import nameplate_kwp, self_consumption, self_sufficiency, specific_yield
from dash_app.domain.site import GridConnection, Measurand, PvArray, Quantity, Site
from tests.raw import column

HOUR = timedelta(hours=1)


def balance(pv: list[float], load: list[float], battery: list[float], freq: str = "h") -> pd.DataFrame:
    index = pd.date_range("2020-09-28", periods=len(pv), freq=freq, tz="UTC")
    frame = pd.DataFrame({"pv_kw": pv, "load_kw": load, "battery_kw": battery}, index=index, dtype=float)
    return frame.assign(grid_kw=frame["load_kw"] - frame["pv_kw"] - frame["battery_kw"])


def test_what_the_grid_brought_is_not_self_sufficient() -> None:
    share = self_sufficiency(balance([8.0, 0.0, 0.0], [5.0, 4.0, 6.0], [-3.0, 2.0, 0.0], "30min"), HOUR / 2)
    assert (share.part_kwh, share.whole_kwh) == (3.5, 7.5)
    assert share.fraction == pytest.approx(3.5 / 7.5)


def test_pv_in_the_battery_is_used_on_site_and_exported_pv_is_not() -> None:
    share = self_consumption(balance([8.0, 2.0], [3.0, 4.0], [-2.0, 1.0]), HOUR)
    assert (share.part_kwh, share.whole_kwh) == (7.0, 10.0)


def test_charging_from_the_grid_is_no_use_of_pv() -> None:
    share = self_consumption(balance([1.0, 0.0], [0.0, 0.0], [-5.0, -5.0]), HOUR)
    assert share.fraction == 1.0
    assert share.part_kwh == 1.0


def test_a_battery_that_exports_makes_nobody_self_sufficient_beyond_the_load() -> None:
    assert self_sufficiency(balance([0.0], [2.0], [9.0]), HOUR).part_kwh == 2.0


def test_missing_steps_are_in_neither_part_and_counted() -> None:
    frame = balance([4.0, np.nan, 4.0], [4.0, 4.0, np.nan], [0.0, 0.0, 0.0])
    for share in (self_sufficiency(frame, HOUR), self_consumption(frame, HOUR)):
        assert (share.part_kwh, share.whole_kwh, share.missing_h) == (4.0, 4.0, 2.0)


def test_without_pv_or_load_there_is_no_share() -> None:
    nothing = balance([0.0], [0.0], [0.0])
    assert self_sufficiency(nothing, HOUR).fraction is None
    assert self_consumption(nothing, HOUR).fraction is None


def test_both_shares_of_a_measured_home_agree_with_its_raw_rows() -> None:
    """Fontana home 1: the file's demand and PV per kWp, one plain loop."""
    rows = column("us_fontana/us_fon_home01", "demand_kwh", "pv_wh_per_kwp")
    kwp, used, load_sum, pv_sum = 5.0, 0.0, 0.0, 0.0
    for demand, wh in rows.values():
        pv = wh * kwp / 1000
        used, load_sum, pv_sum = used + min(pv, demand), load_sum + demand, pv_sum + pv
    frame = pd.DataFrame(list(rows.values()), index=pd.DatetimeIndex(list(rows)), columns=["load_kw", "pv_kw"])
    frame = frame.assign(pv_kw=frame["pv_kw"] * kwp / 1000, battery_kw=0.0)
    frame["grid_kw"] = frame["load_kw"] - frame["pv_kw"]
    assert len(rows) == 8759
    assert self_sufficiency(frame, HOUR).fraction == pytest.approx(used / load_sum, rel=1e-12)
    assert self_consumption(frame, HOUR).fraction == pytest.approx(used / pv_sum, rel=1e-12)


def test_hourly_netting_never_says_less_than_the_meters_of_the_connection() -> None:
    """Konstanz: import and export are metered, so the shares can be read off the meters without any attribution."""
    columns = ("pv_kwh", "grid_import_kwh", "grid_export_kwh")
    table = column("derived/de_kn_res4_interval_energy", *columns)
    rows = [(pv, brought, sent) for pv, brought, sent in table.values() if brought + pv - sent >= 0]
    pv, brought, sent = (np.array(side) for side in zip(*rows, strict=True))
    frame = balance(list(pv), list(brought + pv - sent), [0.0] * len(rows))
    sufficient, consumed = self_sufficiency(frame, HOUR).fraction, self_consumption(frame, HOUR).fraction
    assert sufficient is not None
    assert consumed is not None
    by_meter = 1 - brought.sum() / (brought + pv - sent).sum()
    assert by_meter <= sufficient <= by_meter + 0.06
    assert 1 - sent.sum() / pv.sum() <= consumed <= 1 - sent.sum() / pv.sum() + 0.06


def test_the_specific_yield_is_energy_per_nameplate() -> None:
    energies = column("us_fontana/us_fon_home01", "pv_wh_per_kwp").values()
    year = sum(wh for (wh,) in energies) / 1000
    assert specific_yield(year * 4.5, 4.5) == pytest.approx(year)
    assert specific_yield(12.0, 0.0) is None


def test_a_nameplate_that_is_not_known_leaves_the_sum_unknown() -> None:
    def pv(name: str) -> Measurand:
        return Measurand(measurand_id=name, code=name, name=name, quantity=Quantity.PV_KW, resolution=HOUR)

    site = Site(
        project_id="p", name="P", timezone=ZoneInfo("UTC"), currency="EUR", latitude=0, longitude=0, place="",
        grid=GridConnection(import_limit_kw=1, export_limit_kw=1),
        arrays=(PvArray(measurand_id="a", name="A", kwp=3.0), PvArray(measurand_id="b", name="B", kwp=2.0)),
    )  # fmt: skip
    assert nameplate_kwp(site, [pv("a"), pv("b")]) == 5.0
    assert nameplate_kwp(site, [pv("a"), pv("c")]) == 0.0
    assert nameplate_kwp(None, [pv("a")]) == nameplate_kwp(site, []) == 0.0
