"""The archive keeps first values for ever; the simulated past is complete, lawful and computed once."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slothbox.archive import Archive
from slothbox.demo.model import Category
from slothbox.past import CODES, fill_past, fill_site, newest_soc
from slothbox.replay import load_replay
from slothbox.sites import controllable_sites, site
from tests.slothbox.edge_bench import NOW


def minutes(start: datetime, values: list[float]) -> pd.Series:
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq="60s"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    started = time.process_time()
    fill_past(folder, NOW)
    assert time.process_time() - started < 10
    return folder


def past(folder: Path, project: str) -> pd.DataFrame:
    demo = site(project)
    start = datetime(2026, 9, 23, tzinfo=UTC)
    archive = Archive(folder)
    return pd.DataFrame({code: archive.read(project, demo.measurand(code).measurand_id, start, NOW) for code in CODES})


def test_samples_over_midnight_come_back_at_their_minutes(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    start = datetime(2026, 11, 21, 23, 58, tzinfo=UTC)
    archive.put("monash", {"121": minutes(start, [1.0, 2.0, 3.0])})
    found = archive.read("monash", "121", start - timedelta(minutes=1), start + timedelta(minutes=4))
    assert found.index[0] == start - timedelta(minutes=1)
    assert found.tolist() == pytest.approx([np.nan, 1.0, 2.0, 3.0, np.nan], nan_ok=True)
    assert archive.oldest("monash", "121") == (start, 1.0)
    assert archive.newest("monash", "121") == (start + timedelta(minutes=2), 3.0)


def test_a_stored_value_is_never_changed(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.put("monash", {"121": minutes(NOW.replace(second=0), [1.0, np.nan])})
    archive.put("monash", {"121": minutes(NOW.replace(second=0), [5.0, 6.0])})
    found = archive.read("monash", "121", NOW.replace(second=0), NOW + timedelta(minutes=1))
    assert found.tolist() == [1.0, 6.0]


def test_projects_and_measurands_do_not_mix(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.put("monash", {"121": minutes(NOW.replace(second=0), [1.0])})
    assert archive.newest("monash", "122") is None
    assert archive.newest("fontana-1", "121") is None


def test_an_empty_stretch_reads_as_empty(tmp_path: Path) -> None:
    assert Archive(tmp_path).read("monash", "121", NOW, NOW).empty


@pytest.mark.parametrize("project", [entry.project_id for entry in controllable_sites()])
def test_the_past_is_sixty_days_without_a_hole_and_inside_the_limits(filled: Path, project: str) -> None:
    battery = site(project).battery
    frame = past(filled, project)
    assert battery is not None
    assert frame["SOC"].notna().all()
    assert frame.index[0] == datetime(2026, 9, 23, tzinfo=UTC)
    assert frame.index[-1] == NOW.replace(second=0)
    assert frame["SOC"].between(100 * battery.soc_min - 1e-3, 100 * battery.soc_max + 1e-3).all()
    assert frame["P_ESS_charge"].between(0, battery.charge_kw).all()
    assert frame["P_ESS_discharge"].between(0, battery.discharge_kw).all()
    assert (frame["P_ESS_charge"] * frame["P_ESS_discharge"] == 0).all()


def test_the_past_closes_the_balance_of_the_site(filled: Path) -> None:
    frame = past(filled, "monash")
    replay = load_replay("monash")
    step = timedelta(minutes=1)
    start, end = frame.index[0].to_pydatetime(), NOW
    load = replay.total(Category.LOAD, start, end, step).reindex(frame.index)
    pv = replay.total(Category.PV, start, end, step).reindex(frame.index)
    battery = frame["P_ESS_discharge"] - frame["P_ESS_charge"]
    error = (load - pv - battery - (frame["P_PEG_import"] - frame["P_PEG_export"])).abs()
    known = load.notna() & pv.notna()
    assert error[known].max() < 1e-3
    assert frame["P_PEG_import"][~known].isna().all()


def test_the_past_conserves_energy(filled: Path) -> None:
    frame = past(filled, "fontana-1")
    battery = site("fontana-1").battery
    assert battery is not None
    stored = (
        frame["P_ESS_charge"].sum() * battery.charge_efficiency
        - frame["P_ESS_discharge"].sum() / battery.discharge_efficiency
    ) / 60
    change = (frame["SOC"].iloc[-1] - 50.0) / 100 * battery.capacity_kwh
    assert stored == pytest.approx(change, abs=0.1)


def test_surplus_charges_and_deficit_discharges(filled: Path) -> None:
    frame = past(filled, "monash")
    exporting_with_room = (frame["P_PEG_export"] > 0.01) & (frame["SOC"] < 90) & (frame["P_ESS_charge"] < 74.9)
    importing_with_charge = (frame["P_PEG_import"] > 0.01) & (frame["SOC"] > 15) & (frame["P_ESS_discharge"] < 74.9)
    assert not exporting_with_room.any()
    assert not importing_with_charge.any()
    assert frame["P_ESS_charge"].sum() > 0


def test_a_second_start_fills_only_the_gap_and_changes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    monash = site("monash")
    fill_site(archive, monash, NOW)
    before = past(tmp_path, "monash")
    fill_site(archive, monash, NOW + timedelta(hours=7))
    pd.testing.assert_frame_equal(past(tmp_path, "monash"), before)
    gap = archive.read("monash", "123", NOW, NOW + timedelta(hours=7))
    assert gap.notna().all()


def test_the_past_is_the_same_wherever_it_is_computed(filled: Path, tmp_path: Path) -> None:
    fill_site(Archive(tmp_path), site("fontana-1"), NOW)
    pd.testing.assert_frame_equal(past(tmp_path, "fontana-1"), past(filled, "fontana-1"))


def test_the_newest_soc_is_where_the_past_ends(filled: Path, tmp_path: Path) -> None:
    assert newest_soc(filled, "monash") == pytest.approx(past(filled, "monash")["SOC"].iloc[-1] / 100)
    assert newest_soc(tmp_path, "monash") is None
