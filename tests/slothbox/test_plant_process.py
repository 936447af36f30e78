"""The plant as a process: what it writes, what it remembers, how it stops."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from pyModbusTCP.client import ModbusClient

from slothbox.plant.control import send_fault
from slothbox.plant.memory import Memory, load_memory, own_rule_soc, save_memory
from slothbox.replay import load_replay
from slothbox.sites import controllable_sites, site

START_LIMIT_S = 30


@contextmanager
def running_plant(state_dir: Path) -> Iterator[dict[str, dict[str, object]]]:
    process = subprocess.Popen([sys.executable, "-m", "slothbox", "plant", "--state-dir", str(state_dir)])
    try:
        deadline_s = time.monotonic() + START_LIMIT_S
        while not (state_dir / "plant.json").exists():
            assert process.poll() is None and time.monotonic() < deadline_s
            time.sleep(0.05)
        yield json.loads((state_dir / "plant.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def boots(entry: dict[str, object]) -> int:
    wire = ModbusClient(host=str(entry["host"]), port=int(str(entry["port"])), unit_id=1, auto_open=True)
    (count,) = wire.read_holding_registers(2, 1)
    wire.close()
    return int(count)


def test_a_plant_keeps_ports_charge_and_boot_count_over_a_restart_and_can_be_troubled(tmp_path: Path) -> None:
    state_dir = tmp_path / ("a-long-path" * 12)
    with running_plant(state_dir) as first:
        assert set(first) == {"monash", "fontana-1", "cambridge-b071"}
        assert boots(first["monash"]) == 1
        assert stat.S_IMODE((state_dir / "plant.sock").stat().st_mode) == 0o600
        assert send_fault(state_dir, "monash", "soc", "0.625")["faults"]
        assert "error" in send_fault(state_dir, "monash", "nonsense")
    assert not (state_dir / "plant.json").exists()
    assert not (state_dir / "plant.sock").exists()
    with running_plant(state_dir) as second:
        assert {name: entry["port"] for name, entry in second.items()} == {
            name: entry["port"] for name, entry in first.items()
        }
        assert boots(second["monash"]) == 2
    assert load_memory(state_dir / "plant" / "monash.json").soc == pytest.approx(0.625, abs=0.01)
    check_devices_file(state_dir / "devices.yaml", second)


def check_devices_file(path: Path, plants: dict[str, dict[str, object]]) -> None:
    described = yaml.safe_load(path.read_text())
    assert described["allow_hosts"] == ["127.0.0.1"]
    by_project = {entry["device"]["project"]: entry for entry in described["devices"]}
    assert set(by_project) == set(plants)
    for project, entry in by_project.items():
        battery = site(project).battery
        assert battery is not None
        assert entry["device"]["port"] == plants[project]["port"]
        assert entry["device"]["id"] == plants[project]["device"] == site(project).battery_device
        assert (entry["setpoint"]["min"], entry["setpoint"]["max"]) == (
            -battery.charge_kw * 1000,
            battery.discharge_kw * 1000,
        )
        assert entry["mode"]["values"] == {1: "local", 2: "remote", 3: "fallback"}
    assert "pv" in by_project["monash"]["meters"]
    assert "pv" not in by_project["cambridge-b071"]["meters"]


def test_what_is_remembered_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "plant" / "monash.json"
    memory = Memory(soc=0.42, boots=3, port=1502, saved_at="2026-11-20T12:00:00+00:00")
    save_memory(path, memory)
    assert load_memory(path) == memory
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["monash.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"soc": 7.0}', '{"soc": 0.5, "boots": -1}', '{"colour": 1}', '{"saved_at": "noon"}']
)
def test_a_memory_that_cannot_be_used_is_kept_aside_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "monash.json"
    path.write_text(text)
    assert load_memory(path) == Memory()
    assert (tmp_path / "monash.unreadable").read_text() == text
    assert "cannot use" in capsys.readouterr().err


def test_a_plant_that_was_off_for_less_than_a_minute_keeps_its_charge() -> None:
    now = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)
    memory = Memory(soc=0.42, boots=1, saved_at=(now - timedelta(seconds=20)).isoformat())
    battery = site("monash").battery
    assert battery is not None
    assert memory.soc_after_gap(load_replay("monash"), battery, now) == 0.42


def test_while_a_plant_was_off_its_battery_followed_its_own_rule() -> None:
    fontana = site("fontana-1")
    assert fontana.battery is not None
    noon = datetime(2026, 11, 20, 20, tzinfo=UTC)
    replay = load_replay("fontana-1")
    load_kw, pv_kw = replay.load_kw(noon), replay.pv_kw(noon)
    assert load_kw is not None and pv_kw is not None and pv_kw > load_kw
    soc = own_rule_soc(replay, fontana.battery, 0.5, noon, noon + timedelta(minutes=30))
    surplus_kwh = (pv_kw - load_kw) * 0.5
    assert soc == pytest.approx(0.5 + surplus_kwh * fontana.battery.charge_efficiency / fontana.battery.capacity_kwh)


def test_a_first_start_has_forgotten_where_it_began() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    for entry in controllable_sites():
        assert entry.battery is not None
        replay = load_replay(entry.project_id)
        from_empty = own_rule_soc(replay, entry.battery, 0.1, now - timedelta(days=7), now)
        from_full = own_rule_soc(replay, entry.battery, 0.95, now - timedelta(days=7), now)
        assert from_empty == pytest.approx(from_full)
        assert Memory().soc_after_gap(replay, entry.battery, now) == pytest.approx(from_full)


def test_a_fault_for_a_plant_that_does_not_run_is_said(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "slothbox", "fault", "--state-dir", str(tmp_path), "--site", "monash", "stuck"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env=dict(os.environ),
    )
    assert answer.returncode == 2
    assert "no plant listens" in answer.stderr
